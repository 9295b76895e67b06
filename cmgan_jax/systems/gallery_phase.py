"""A phase that learns nothing: it keeps training items for retrieval."""

import functools

import jax
import jax.numpy as jnp

from cmgan_jax.nets.recogniser import Recogniser
from cmgan_jax.signals.direction import MODALITIES
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.interface import Finished, Phase, Task
from cmgan_jax.systems.pretraining import RECOGNISERS
from cmgan_jax.systems.pretraining_phase import of_modality
from cmgan_jax.training.batch import Needs
from cmgan_jax.training.state import GalleryState, apply_evaluation, keep_batch

GALLERY = "gallery"
NO_CLASS = -1  # the label of a place that is still empty


def gallery_phase(
    module: Recogniser, *, task: Task, items: int, batch_size: int, seed: int
) -> Phase:
    """The phase; its inference variables are the gallery without the recognisers.

    Every step keeps its batch; after as many as `items` need, rounded up to whole
    batches, the gallery is full.

    Args:
      module: the recogniser of either modality; one that knows pairs places the items.
      task: their shapes.
      items: pairs to keep.
      batch_size: pairs per step.
      seed: of the order of the items.
    """
    steps = -(-items // batch_size)
    count = steps * batch_size
    code_size = module.encoder.code_size

    def init(root: jax.Array, finished: Finished) -> GalleryState:
        places = {m: jnp.zeros((count, code_size)) for m in MODALITIES}
        return GalleryState(
            step=jnp.zeros((), jnp.int32),
            recognisers=finished[RECOGNISERS],
            items={
                m: jnp.zeros((count, *task.shape(m)), jnp.uint8) for m in MODALITIES
            },
            label=jnp.full((count,), NO_CLASS, jnp.int32),
            places=places if module.paired else None,
        )

    def step(state, batch):
        keep = functools.partial(keep_batch, step=state.step)
        fields = {m: batch[m] for m in MODALITIES}
        metrics, places = {}, {}
        for modality, pixels in fields.items():
            logits, places[modality] = recognise(
                module, of_modality(state.recognisers, modality), pixels
            )
            right = jnp.argmax(logits, -1) == batch["label"]
            metrics[f"{modality}_accuracy"] = right.mean()
        kept = state.replace(
            step=state.step + 1,
            items=jax.tree.map(keep, state.items, fields),
            label=keep(state.label, batch["label"]),
        )
        if module.paired:
            kept = kept.replace(places=jax.tree.map(keep, state.places, places))
        return kept, metrics

    return Phase(
        name=GALLERY,
        steps=steps,
        batch_size=batch_size,
        needs=Needs(anchor="sound", fields=MODALITIES),
        seed=seed,
        order_seed=seed,
        init=init,
        step=step,
        inference=lambda state: state.inference,
    )


def recognise(module: Recogniser, variables, pixels: jax.Array):
    """Logits of uint8 items [b m], and their places [b k]; None without pairs."""
    x = to_unit(pixels)
    if module.paired:
        return apply_evaluation(module, variables, x, method="recognise")
    return apply_evaluation(module, variables, x), None
