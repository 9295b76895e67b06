"""SA-CMGAN at a quarter of its width: minutes on two processor cores."""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(direction: str = "s2i") -> ConfigDict:
    """The default system, narrow and briefly trained."""
    config = base.get_config(direction)
    config.name = "sa_cmgan_quickstart"

    config.model.width = 16
    config.model.hidden_size = 256
    # At this width, attention over 32 x 32 positions would be half of every step.
    config.model.attention_stage = 1

    config.classifier.steps = 300
    config.classifier.learning_rate = 1e-3
    config.classifier.beta1 = 0.9

    config.gan.batch_size = 32
    config.gan.generator_learning_rate = 1e-3
    config.gan.discriminator_learning_rate = 1e-3
    config.gan.average_decay = 0.99
    config.gan.steps = 800

    config.run.sample_every = 200
    config.run.checkpoint_every = 200
    config.run.validation_examples = 256
    return config
