"""Checkpoints damaged in many ways, and storage that fails, which is no damage."""

import os
from pathlib import Path

import pytest

from cmgan_jax.runs.checkpoints import SCORE, Checkpoints
from cmgan_jax.runs.damage import DamagedCheckpointError
from tests.runs.trees import items, same, tree, wanted

# Orbax drops the reads under way when one of them fails.
pytestmark = [
    pytest.mark.usefixtures("dropped_reads"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def biggest_file(folder: Path, step: int, item: str) -> Path:
    """The file that holds most of an item's numbers."""
    files = [f for f in (folder / str(step) / item).rglob("*") if f.is_file()]
    return max(files, key=lambda file: file.stat().st_size)


def flip_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", ["flipped bit", "cut short", "missing", "no item"])
def test_damage_is_noticed_and_an_older_checkpoint_taken(folder, damage, capsys):
    file = biggest_file(folder, 4, "training")
    if damage == "flipped bit":
        flip_bit(file)
    elif damage == "cut short":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif damage == "missing":
        file.unlink()
    else:
        (folder / "4" / "training").rename(folder / "4" / "trained")
    checkpoints = Checkpoints(folder, keep=2)
    with pytest.raises(DamagedCheckpointError, match="gan/4"):
        checkpoints.restore(4, wanted("training"))
    step, restored = checkpoints.restore_newest(wanted("training"))
    assert step == 2 and same(restored["training"], tree(2))
    said = capsys.readouterr().out
    assert "gan/4" in said and "It is now" in said and "TensorStore" not in said
    assert checkpoints.steps() == [2]
    assert len(list(folder.glob("4.damaged-*"))) == 1

    # The step is made again and saved under the same name.
    checkpoints.save(4, items(4))
    checkpoints.close()
    again = Checkpoints(folder)
    assert again.steps() == [4, 2]
    assert same(again.restore(4, wanted("training"))["training"], tree(4))
    again.close()


def test_two_steps_swapped_on_disk_are_noticed(folder, capsys):
    """Every file is sound; only the digest knows which step it belongs to."""
    (folder / "2").rename(folder / "kept")
    (folder / "4").rename(folder / "2")
    (folder / "kept").rename(folder / "4")
    checkpoints = Checkpoints(folder, keep=2)
    for step in (4, 2):
        with pytest.raises(DamagedCheckpointError, match="differs from what was saved"):
            checkpoints.restore(step, wanted("training"))
    with pytest.raises(DamagedCheckpointError, match="can be restored"):
        checkpoints.restore_newest(wanted("training"))
    checkpoints.close()


def refuse(error: Exception):
    def restore(*arguments, **keywords):
        raise error

    return restore


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(13, "Permission denied", "gan/4/training/manifest.ocdbt"),
        OSError(5, "Input/output error"),
        TimeoutError("the storage did not answer"),
        ValueError("PERMISSION_DENIED: Error opening local file"),
        ValueError("RESOURCE_EXHAUSTED: Too many open files"),
    ],
)
def test_a_storage_that_fails_is_no_damage(folder, error, monkeypatch):
    """Nothing is set aside because the disk or the network is away for a while."""
    checkpoints = Checkpoints(folder, keep=2)
    with monkeypatch.context() as patch:
        manager = "cmgan_jax.runs.checkpoints.ocp.CheckpointManager.restore"
        patch.setattr(manager, refuse(error))
        with pytest.raises(OSError, match=r"gan/4 could not be read, which says noth"):
            checkpoints.restore_newest(wanted("training"))
    assert checkpoints.steps() == [4, 2] and not list(folder.glob("*.damaged*"))
    assert checkpoints.restore_newest(wanted("training"))[0] == 4
    checkpoints.close()


def test_too_little_memory_is_no_damage(folder, monkeypatch):
    checkpoints = Checkpoints(folder, keep=2)
    manager = "cmgan_jax.runs.checkpoints.ocp.CheckpointManager.restore"
    with monkeypatch.context() as patch:
        patch.setattr(manager, refuse(MemoryError()))
        with pytest.raises(MemoryError):
            checkpoints.restore_newest(wanted("training"))
    assert checkpoints.steps() == [4, 2]
    checkpoints.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_no_damage(folder):
    file = biggest_file(folder, 4, "training")
    file.chmod(0)
    checkpoints = Checkpoints(folder, keep=2)
    with pytest.raises(OSError, match="could not be read"):
        checkpoints.restore_newest(wanted("training"))
    assert checkpoints.steps() == [4, 2]
    checkpoints.close()


def test_a_stray_empty_folder_with_a_number_is_no_checkpoint(folder):
    (folder / "9").mkdir()
    checkpoints = Checkpoints(folder, keep=2)
    assert checkpoints.restore_newest(wanted("training"))[0] == 4
    assert 9 not in checkpoints.steps()
    checkpoints.close()


def test_nothing_sound_is_left(folder):
    for step in (2, 4):
        flip_bit(biggest_file(folder, step, "training"))
    checkpoints = Checkpoints(folder, keep=2)
    with pytest.raises(DamagedCheckpointError, match="start anew"):
        checkpoints.restore_newest(wanted("training"))
    assert checkpoints.steps() == [4, 2]
    checkpoints.close()


@pytest.fixture
def scored(tmp_path) -> Path:
    """Checkpoints of steps 1, 2 and 4, of which 1 is the best and 2 the second."""
    checkpoints = Checkpoints(tmp_path / "gan", keep=2)
    for step in (1, 2, 4):
        checkpoints.save(step, items(step), {SCORE: float(step)})
    checkpoints.close()
    return tmp_path / "gan"


@pytest.mark.parametrize("damage", ["flipped bit", "scores"])
def test_a_damaged_best_checkpoint_is_no_dead_end(scored, damage, capsys):
    """What generates is read there; the newest is sound, so nothing else looks."""
    file = scored / "1" / "metrics" / "metrics"
    if damage == "flipped bit":
        flip_bit(biggest_file(scored, 1, "training"))
    else:
        file.write_text("{")
    checkpoints = Checkpoints(scored, keep=2)
    assert checkpoints.restore_newest(wanted("training"))[0] == 4
    assert checkpoints.best() == 2 and checkpoints.steps() == [4, 2]
    assert "gan/1" in capsys.readouterr().out and list(scored.glob("1.damaged-*"))
    checkpoints.close()
    for keep in (2, None):  # What was set aside is no step when it is opened again.
        checkpoints = Checkpoints(scored, keep=keep)
        assert checkpoints.best() == 2
        checkpoints.close()


@pytest.mark.parametrize(
    "content", ["{}", "[]", '{"training": "7"}', '{"training": [1]}']
)
def test_odd_digests_are_damage(folder, content):
    (folder / "4" / "digests" / "metadata").write_text(content)
    checkpoints = Checkpoints(folder)
    with pytest.raises(DamagedCheckpointError, match="gan/4"):
        checkpoints.restore(4, wanted("training"))
    checkpoints.close()


def test_a_save_that_fails_is_one_line_and_harms_no_other(folder, monkeypatch):
    checkpoints = Checkpoints(folder, keep=2)
    with monkeypatch.context() as patch:
        manager = "cmgan_jax.runs.checkpoints.ocp.CheckpointManager.save"
        patch.setattr(manager, refuse(ValueError("No space left on device\n" * 900)))
        with pytest.raises(OSError, match="No space left on device Those") as caught:
            checkpoints.save(6, items(6))
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)
    assert same(checkpoints.restore(4, wanted("training"))["training"], tree(4))
    checkpoints.close()
