"""Sizes that any system may have instead of the published ones.

A scale is how wide, how long and how fast a system is trained; a system is what it
computes. A file of a system changes what `base.get_config` returns, at whatever scale:
what depends on the scale (steps, rates) it changes in proportion.
"""

from ml_collections import ConfigDict


def quickstart(config: ConfigDict) -> None:
    """A quarter of the width, briefly trained: minutes on two processor cores."""
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


SCALES = {"quickstart": quickstart}
