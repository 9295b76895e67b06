"""SA-CMGAN (Tan et al., ICASSP 2020) and its variants, from a configuration.

A phase trains the encoders of both modalities, in recognisers or in autoencoders, alike
for both directions; then the adversarial phase trains on the code of the source's
encoder. S2I-C, I2S, S2I-N and S2I-A of Chen et al. 2017 are configurations of it.
"""

from collections.abc import Mapping
from types import SimpleNamespace

import jax
import jax.numpy as jnp

from cmgan_jax.nets.encoder import Encoder
from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems import gan_phase, networks
from cmgan_jax.systems.checks import check_sa_cmgan
from cmgan_jax.systems.gan_parts import Conditioning, GanParts
from cmgan_jax.systems.interface import (
    Finished,
    Generate,
    Looks,
    Phase,
    Recognition,
    System,
    Task,
)
from cmgan_jax.systems.note_phase import (
    NOTE_READERS,
    TARGET_READERS,
    note_phase,
    read_notes,
)
from cmgan_jax.systems.pretraining import (
    PRETRAINING,
    RECOGNISERS,
    encoder_of,
    recogniser,
    recognitions,
)
from cmgan_jax.systems.pretraining_phase import of_modality
from cmgan_jax.systems.prior import from_noise
from cmgan_jax.training import losses, optim
from cmgan_jax.training.state import GanState, Tree, apply_evaluation

GAN = "gan"
ENCODER_PARTS = ("trunk", "hidden", "features", "code")
CONDITIONING = {
    "untrained": Conditioning(trained=(), batch_statistics=True),
    "code_layer": Conditioning(trained=("code",), batch_statistics=False),
    "encoder": Conditioning(trained=ENCODER_PARTS, batch_statistics=False),
}
# Handed from config.gan to the update as they are.
WEIGHTS = (
    *("fake_weight", "mismatched_weight", "posterior_weight"),
    *("reconstruction_weight", "classification_weight", "pair_weight", "note_weight"),
    *("discriminator_every", "discriminator_varied", "average_decay"),
)


def assemble(config: SimpleNamespace, task: Task) -> System:
    """The system a configuration describes.

    Args:
      config: attribute access to the fields of configs/base.py.
      task: what is turned into what.

    Raises:
      ValueError: a field holds an unknown name or contradicts another.
    """
    check_sa_cmgan(config, task)
    parts = gan_parts(config, task)
    pretraining = PRETRAINING[config.classifier.objective](config, task)
    readers = _note_readers(config, task, parts)
    return System(
        task=task,
        directions=(parts.direction,),
        phases=(
            pretraining,
            *readers,
            _gan_phase(config, task, parts, pretraining.name),
        ),
        generating=(pretraining.name, NOTE_READERS, GAN) if parts.notes else (GAN,),
        generate=_make_generate(parts, recognitions(config, task)),
        noise_size=parts.z_size,
        looks=_make_looks(parts.encoder) if _attends(parts.encoder) else None,
        recognitions=(
            recognitions(config, task) if pretraining.name == RECOGNISERS else {}
        ),
        labels_used=_labels_used(parts),
    )


def gan_parts(config: SimpleNamespace, task: Task) -> GanParts:
    """Everything static about the adversarial update of a configuration."""
    gan, direction = config.gan, Direction.named(config.direction)
    generator_optimizer, discriminator_optimizer = (
        optim.adam(rate, beta1=gan.beta1, beta2=gan.beta2)
        for rate in (gan.generator_learning_rate, gan.discriminator_learning_rate)
    )
    return GanParts(
        direction=direction,
        encoder=networks.encoder(config),
        generator=networks.generator(config, task.shape(direction.target)),
        discriminator=networks.discriminator(config),
        target_recogniser=recogniser(config, task),
        posterior=networks.posterior(config),
        generator_optimizer=generator_optimizer,
        discriminator_optimizer=discriminator_optimizer,
        conditioning=CONDITIONING[gan.conditioning],
        loss=losses.adversarial_loss(gan.loss),
        prior_learnt=gan.prior == "learnt",
        notes=bool(config.note_reader.sources),
        z_size=config.model.z_size,
        variation=networks.variations(config)[direction.target],
        **{name: getattr(gan, name) for name in WEIGHTS},
    )


def _note_readers(config, task: Task, parts: GanParts) -> tuple[Phase, ...]:
    asked, way = config.note_reader, parts.direction
    read = {
        NOTE_READERS: (parts.notes, way.source, asked.sources, asked.axes),
        # Asked along few axes, what is made shows its note less often (WORKSPACE.md).
        TARGET_READERS: (parts.note_weight, way.target, asked.targets, 0),
    }
    return tuple(
        note_phase(
            name,
            modality,
            task=task,
            items=items,
            edges=asked.edges,
            axes=axes,
            few=asked.few,
            batch_size=config.classifier.batch_size,
            seed=config.seed,
        )
        for name, (used, modality, items, axes) in read.items()
        if used
    )


def _labels_used(parts: GanParts) -> tuple[str, ...]:
    used = {
        "classification loss of the run's own classifier": parts.classification_weight,
        "notes of training pairs": parts.notes,
        "readers of notes, as those that measure pitch": parts.note_weight,
    }
    return tuple(name for name, is_used in used.items() if is_used)


def _gan_phase(config, task: Task, parts: GanParts, pretraining: str) -> Phase:
    direction = parts.direction

    def init(root: jax.Array, finished: Finished):
        source, target = (
            of_modality(finished[pretraining], modality)
            for modality in (direction.source, direction.target)
        )
        return gan_phase.init_state(
            parts,
            root=root,
            encoder_variables=encoder_of(source),
            target_shape=task.shape(direction.target),
            target_recogniser=target if parts.recognises else None,
            source_pair=(
                {"params": {"pair": source["params"]["pair"]}}
                if parts.pair_weight
                else None
            ),
            target_readers=finished.get(TARGET_READERS),
        )

    return Phase(
        name=GAN,
        steps=config.gan.steps,
        batch_size=config.gan.batch_size,
        needs=parts.needs,
        seed=config.seed,
        # The phase draws its own order of examples.
        order_seed=config.seed + 1,
        init=init,
        step=gan_phase.make_step(parts),
        inference=lambda state: state.inference,
        alternatives=_alternatives,
    )


def _alternatives(state: GanState) -> dict[str, Tree]:
    """The weights as they are, beside their averages."""
    return {} if state.averaged is None else {"raw": state.raw}


def _make_generate(parts: GanParts, recognised: Mapping[str, Recognition]) -> Generate:
    def pitch(finished, source):
        if not parts.notes:
            return None
        asked = recognised[parts.direction.source]
        logits = asked.logits(finished[asked.phase], to_unit(source))
        return read_notes(finished[NOTE_READERS], source, jnp.argmax(logits, -1))

    def generate(finished, source, noise, direction):
        variables = finished[GAN]
        _, code = apply_evaluation(parts.encoder, variables["encoder"], to_unit(source))
        told = parts.condition(code, pitch(finished, source))
        z = from_noise(variables.get("prior"), noise)
        return apply_evaluation(parts.generator, variables["generator"], told, z)

    return generate


def _attends(encoder: Encoder) -> bool:
    return encoder.attention_stage is not None and encoder.attention_form != "residual"


def _make_looks(encoder: Encoder) -> Looks:
    def looks(finished, source):
        variables = finished[GAN]["encoder"]
        _, kept = apply_evaluation(
            encoder, variables, to_unit(source), mutable=["intermediates"]
        )
        (attention_map,) = kept["intermediates"]["trunk"]["attention"]["map"]
        return attention_map, variables["params"]["trunk"]["attention"]["gate"]

    return looks
