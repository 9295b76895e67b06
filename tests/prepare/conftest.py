"""Rows taken in the way a build takes them, without TFDS and without media."""

import json
import types

import numpy as np
import pytest

from cmgan_jax.data.integrity import damaged_files
from cmgan_jax.data.items import Items, Split, make_items
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.prepare.intake import Intake
from cmgan_jax.prepare.packing import Packer
from cmgan_jax.prepare.plan import Plan, Produced
from cmgan_jax.prepare.report import PrepareReport
from cmgan_jax.signals.representation import Representation

REPRESENTATION = Representation(image_size=16)


def content(shape, number):
    """A row that nothing but its number decides; a negative one is of one value."""
    if number < 0:
        return np.full(shape, -number, np.uint8)
    return np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8)


def items_of(shape, label, stems, *, songs=-1, numbers=None) -> Items:
    numbers = range(len(stems)) if numbers is None else numbers
    arrays = [content(shape, number) for number in numbers]
    array = np.array(arrays, np.uint8).reshape(-1, *shape)
    return make_items(array, label=label, stem=list(stems), song=songs)


def images_of(*args, **columns) -> Items:
    return items_of(REPRESENTATION.image_shape, *args, **columns)


def sounds_of(*args, **columns) -> Items:
    return items_of(REPRESENTATION.sound_shape, *args, **columns)


def moments_of(*args, sounds=None, **columns) -> Split:
    """Image and sound rows of the same moments; sounds: other numbers for these."""
    other = columns if sounds is None else columns | {"numbers": sounds}
    return Split(images_of(*args, **columns), sounds_of(*args, **other))


@pytest.fixture(scope="session")
def rows() -> types.SimpleNamespace:
    """Makes rows: (label, stems, songs=, numbers=), numbers deciding their bytes."""
    return types.SimpleNamespace(
        images=images_of, sounds=sounds_of, moments=moments_of, content=content
    )


@pytest.fixture
def take(tmp_path):
    """Takes in (split, rows) one by one; gives the data and prepare_report.json."""

    def taken(arriving, *, pairing="stem", identical="report", on_bad="skip"):
        folder = tmp_path / "taken"
        folder.mkdir()
        tasks = {split: () for split, _ in arriving}
        plan = Plan(("a", "b"), pairing, tasks=tasks, identical=identical)
        report = PrepareReport(
            dataset="taken",
            version="1.0.0",
            representation=REPRESENTATION,
            settings={},
            plan=plan,
        )
        packer = Packer(folder, REPRESENTATION, plan)
        intake = Intake(plan, packer, report)
        for split, some in arriving:
            intake.add(split, Produced(some))
        intake.finish()
        report.check(on_bad=on_bad, failed_report=tmp_path / "prepare_report.json")
        packer.finish(dataset="taken", version="1.0.0")
        report.write(folder / "prepare_report.json")
        assert damaged_files(folder) == []
        data = open_prepared(folder)
        return data, json.loads((folder / "prepare_report.json").read_text())

    return taken
