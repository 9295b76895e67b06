"""The split on the devices gives the batches that the host's readers give."""

import itertools

import jax
import numpy as np
import pytest

from cmgan_jax.data import resident
from cmgan_jax.data.reader import training_batches
from cmgan_jax.data.resident import Resident
from cmgan_jax.runtime import devices
from cmgan_jax.training.batch import FIELDS, Needs

ALIGNMENTS = {
    "stem": ([0, 1, 2, 1, 0], [0, 1, 2, 1, 0]),
    "class": ([0, 1, 2, 1, 0], [2, 1, 0]),
}


@pytest.mark.parametrize(
    ("pairing", "needs"),
    [
        ("stem", Needs(anchor="image", fields=FIELDS, pitch=True)),
        ("class", Needs(anchor="sound", fields=("image", "mismatched_sound"))),
    ],
    ids=["stem", "class"],
)
def test_the_same_batches_as_the_reader(pack, pairing, needs):
    split = pack(*ALIGNMENTS[pairing], pairing=pairing).split("train")
    mesh = devices.data_mesh()
    told = {"pitch"} if needs.pitch else set()
    reading = {"needs": needs, "batch_size": 8, "seed": 7, "start_step": 3}
    feed = Resident(split, mesh=mesh, pairing=pairing).feed(**reading)
    batch = jax.jit(feed.batch)
    expected = training_batches(split, pairing=pairing, **reading)
    for rows, there in itertools.islice(zip(feed.items, expected, strict=False), 3):
        assert {row.dtype for field, row in rows.items() if field != "pitch"} == {
            np.dtype(np.int32)
        }
        here = batch(feed.resident, devices.to_devices(rows, mesh))
        assert set(here) == set(there) == {*needs.fields, "label", *told}
        for name in there:
            assert here[name].sharding.is_equivalent_to(
                devices.split_batch(mesh), here[name].ndim
            )
            np.testing.assert_array_equal(here[name], there[name])


def test_a_split_too_large_for_the_device_is_refused(pack, monkeypatch):
    split = pack([0, 1], [0, 1], pairing="stem").split("train")
    mesh = devices.data_mesh()
    # A CPU tells no limit, an accelerator does.
    monkeypatch.setattr(resident, "_memory_limit", lambda mesh: 1000)
    with pytest.raises(ValueError, match="use numpy or tf_data, which stream"):
        Resident(split, pairing="stem", mesh=mesh)
