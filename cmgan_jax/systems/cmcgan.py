"""CMCGAN (Hao, Zhang and Guan, AAAI 2018), from a configuration.

One phase trains both directions; nothing is trained before it.
"""

from types import SimpleNamespace

from cmgan_jax.nets.cross_modal import CrossModal
from cmgan_jax.signals.direction import I2S, MODALITIES, S2I
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems import cmcgan_phase, networks
from cmgan_jax.systems.checks import check_cmcgan
from cmgan_jax.systems.cmcgan_phase import CmcganParts
from cmgan_jax.systems.interface import Generate, Phase, System, Task
from cmgan_jax.training import losses, optim
from cmgan_jax.training.batch import FIELDS, Needs
from cmgan_jax.training.state import apply_evaluation

GAN = "gan"


def assemble(config: SimpleNamespace, task: Task) -> System:
    """The system a configuration describes.

    Args:
      config: attribute access to the fields of configs/base.py.
      task: what is turned into what, in both directions.

    Raises:
      ValueError: a field holds an unknown name or what CMCGAN does not have.
    """
    check_cmcgan(config, task)
    parts = cmcgan_parts(config, task)
    shapes = {modality: task.shape(modality) for modality in MODALITIES}
    phase = Phase(
        name=GAN,
        steps=config.gan.steps,
        batch_size=config.gan.batch_size,
        needs=Needs(anchor="sound", fields=FIELDS),
        seed=config.seed,
        order_seed=config.seed + 1,
        init=lambda root, finished: cmcgan_phase.init_state(
            parts, root=root, shapes=shapes
        ),
        step=cmcgan_phase.make_step(parts),
        inference=lambda state: state.inference,
    )
    return System(
        task=task,
        directions=(S2I, I2S),
        phases=(phase,),
        generating=(GAN,),
        generate=_make_generate(parts),
        noise_size=parts.z_size,
    )


def cmcgan_parts(config: SimpleNamespace, task: Task) -> CmcganParts:
    """Everything static about the update of a configuration."""
    gan = config.gan
    generator_optimizer, discriminator_optimizer = (
        optim.adam(rate, beta1=gan.beta1, beta2=gan.beta2)
        for rate in (gan.generator_learning_rate, gan.discriminator_learning_rate)
    )
    return CmcganParts(
        generator=CrossModal(
            image_encoder=networks.encoder(config),
            sound_encoder=networks.encoder(config),
            image_decoder=networks.generator(config, task.image_shape),
            sound_decoder=networks.generator(config, task.sound_shape),
        ),
        discriminator=networks.pair_discriminator(config),
        generator_optimizer=generator_optimizer,
        discriminator_optimizer=discriminator_optimizer,
        loss=losses.adversarial_loss(gan.loss),
        fake_weight=gan.fake_weight,
        mismatched_weight=gan.mismatched_weight,
        consistency_weight=gan.reconstruction_weight,
        discriminator_every=gan.discriminator_every,
        z_size=config.model.z_size,
    )


def _make_generate(parts: CmcganParts) -> Generate:
    def generate(finished, source, noise, direction):
        return apply_evaluation(
            parts.generator,
            finished[GAN],
            to_unit(source),
            noise,
            source=direction.source,
            target=direction.target,
            method="turn",
        )

    return generate
