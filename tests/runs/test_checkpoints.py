"""Checkpoints: saved, restored in part, and on other devices."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct
from jax.sharding import Mesh

from cmgan_jax.runs.checkpoints import Checkpoints, abstract
from cmgan_jax.runs.damage import DamagedCheckpointError
from cmgan_jax.runtime import devices
from tests.runs.trees import EVERYWHERE, items, same, tree, wanted

# Orbax drops the reads under way when one of them fails.
pytestmark = [
    pytest.mark.usefixtures("dropped_reads"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_what_was_saved_comes_back_bit_for_bit(folder):
    checkpoints = Checkpoints(folder)
    assert checkpoints.steps() == [4, 2]  # the newest two were to be kept
    for step in (4, 2):
        restored = checkpoints.restore(step, wanted("training"))["training"]
        assert same(restored, tree(step))
        assert restored["half"].dtype == jnp.bfloat16 and restored["none"] is None
        assert restored["rng"].dtype == tree(0)["rng"].dtype
        np.testing.assert_array_equal(restored["weights"], tree(step)["weights"])
    checkpoints.close()


def test_one_item_is_restored_without_the_other(folder):
    for file in (folder / "4" / "training").rglob("*"):
        if file.is_file():
            file.write_bytes(b"")
    checkpoints = Checkpoints(folder)
    restored = checkpoints.restore(4, wanted("inference"))
    assert list(restored) == ["inference"] and restored["inference"]["w"].shape[0] == 5
    with pytest.raises(DamagedCheckpointError, match=r"gan/4 cannot be read"):
        checkpoints.restore(4, wanted("training"))
    checkpoints.close()


def test_other_devices_than_those_that_saved(folder):
    alone = devices.replicated(Mesh(np.array(jax.devices()[:1]), ("data",)))
    checkpoints = Checkpoints(folder)
    for where, count in ((alone, 1), (EVERYWHERE, 4)):
        restored = checkpoints.restore(4, wanted("training", where=where))["training"]
        assert len(restored["weights"].sharding.device_set) == count
        assert same(restored, tree(4))
    checkpoints.close()


class Earlier(struct.PyTreeNode):
    """What an earlier version saved."""

    weights: jax.Array
    unused: jax.Array | None = None


class Later(Earlier):
    """The same with fields that were unknown then."""

    more: jax.Array | None = None
    and_more: jax.Array | None = None


def test_fields_that_were_unknown_when_it_was_saved_are_empty(tmp_path):
    weights = jax.device_put(jnp.arange(5.0), EVERYWHERE)
    checkpoints = Checkpoints(tmp_path / "gan", keep=1)
    checkpoints.save(3, {"training": Earlier(weights)})
    checkpoints.close()
    checkpoints = Checkpoints(tmp_path / "gan")
    shapes = abstract({"training": Later(weights)}, EVERYWHERE)
    restored = checkpoints.restore(3, shapes)["training"]
    assert isinstance(restored, Later)
    np.testing.assert_array_equal(restored.weights, weights)
    assert restored.unused is restored.more is restored.and_more is None
    # One that is needed is not made up.
    needed = abstract({"training": Later(weights, more=weights)}, EVERYWHERE)
    with pytest.raises(DamagedCheckpointError, match="gan/3 cannot be read"):
        checkpoints.restore(3, needed)
    checkpoints.close()


def test_checkpoints_of_another_network_stay_where_they_are(folder):
    checkpoints = Checkpoints(folder, keep=2)
    other = {"training": {**wanted("training")["training"], "more": jnp.zeros(3)}}
    with pytest.raises(DamagedCheckpointError, match="version that wrote it"):
        checkpoints.restore_newest(other)
    assert checkpoints.steps() == [4, 2]
    checkpoints.close()


def test_a_new_folder_has_no_checkpoints(tmp_path):
    checkpoints = Checkpoints(tmp_path / "new", keep=1)
    assert checkpoints.restore_newest(wanted("training")) is None
    checkpoints.close()


def test_reading_leaves_the_folder_as_it_is(folder):
    before = sorted(folder.rglob("*"))
    checkpoints = Checkpoints(folder)
    checkpoints.restore(2, wanted("inference"))
    checkpoints.close()
    assert sorted(folder.rglob("*")) == before


def test_a_step_saved_twice_stays_as_it_was(folder):
    checkpoints = Checkpoints(folder, keep=2)
    checkpoints.save(4, items(5))
    restored = checkpoints.restore(4, wanted("training"))["training"]
    assert same(restored, tree(4))
    checkpoints.close()
