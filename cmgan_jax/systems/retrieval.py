"""Classify the source, return a training target of the class: no generator at all.

The ceiling of an accuracy that asks for the class alone: what a system is worth shows
in what it does better than this.
"""

from types import SimpleNamespace

import jax.numpy as jnp

from cmgan_jax.nets.recogniser import Recogniser
from cmgan_jax.signals.direction import I2S, S2I
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.checks import check_retrieval
from cmgan_jax.systems.gallery_phase import GALLERY, gallery_phase, recognise
from cmgan_jax.systems.interface import Generate, System, Task
from cmgan_jax.systems.pretraining import (
    RECOGNISERS,
    recogniser,
    recognisers,
    recognitions,
)
from cmgan_jax.systems.pretraining_phase import of_modality


def assemble(config: SimpleNamespace, task: Task) -> System:
    """The system a configuration describes.

    Args:
      config: attribute access to the fields of configs/base.py.
      task: what is turned into what, in both directions.

    Raises:
      ValueError: a field holds an unknown name or contradicts another.
    """
    check_retrieval(config, task)
    nearest = config.gallery.choice == "nearest"
    module = recogniser(config, task)
    gallery = gallery_phase(
        module,
        task=task,
        items=config.gallery.size,
        batch_size=config.classifier.batch_size,
        seed=config.seed,
    )
    return System(
        task=task,
        directions=(S2I, I2S),
        phases=(recognisers(config, task), gallery),
        generating=(RECOGNISERS, GALLERY),
        generate=_make_generate(module, nearest=nearest),
        # A number of each item: the greatest of the class wins.
        noise_size=0 if nearest else gallery.steps * gallery.batch_size,
        recognitions=recognitions(config, task),
        labels_used=("targets are looked up by their label",),
    )


def _make_generate(module: Recogniser, *, nearest: bool) -> Generate:
    """Of a class that the gallery lacks its first item is returned."""

    def generate(finished, source, noise, direction):
        gallery = finished[GALLERY]
        logits, place = recognise(
            module, of_modality(finished[RECOGNISERS], direction.source), source
        )
        closeness = noise
        if nearest:
            # Of one modality: across them only the pair loss holds places together.
            closeness = place @ gallery["places"][direction.source].T
        of_class = gallery["label"][None] == jnp.argmax(logits, -1)[:, None]
        rows = jnp.argmax(jnp.where(of_class, closeness, -jnp.inf), -1)
        return to_unit(gallery["items"][direction.target][rows])

    return generate
