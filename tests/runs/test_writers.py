"""metrics.jsonl through interruptions, and sample grids."""

import json
import time

import matplotlib.image
import numpy as np
import pytest

from cmgan_jax.runs.writers import MetricsWriter, grid, write_picture


@pytest.fixture
def workdir(tmp_path):
    """A workdir with a finished classifier phase and four steps of the GAN phase."""
    for phase, steps in {"classifier": 2, "gan": 4}.items():
        writer = MetricsWriter(tmp_path, phase=phase, step=0)
        for step in range(1, steps + 1):
            writer.write(step, {"loss": step / 2})
        writer.close()
    return tmp_path


def written(workdir):
    return [(line["phase"], line["step"]) for line in MetricsWriter.read(workdir)]


def test_lines_carry_phase_step_and_scalars(workdir):
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    line = json.loads(lines[1])
    assert line.pop("time") > 1e9
    assert line == {"phase": "classifier", "step": 2, "loss": 1.0}
    assert len(lines) == 6


def test_resuming_drops_the_later_lines_of_its_phase(workdir):
    writer = MetricsWriter(workdir, phase="gan", step=2)
    kept = [("classifier", 1), ("classifier", 2), ("gan", 1), ("gan", 2)]
    assert written(workdir) == kept
    writer.write(3, {"loss": 0.0})
    writer.close()
    assert written(workdir) == [*kept, ("gan", 3)]
    MetricsWriter(workdir, phase="classifier", step=1).close()
    assert ("classifier", 2) not in written(workdir)
    assert ("gan", 3) in written(workdir)


def test_a_last_line_cut_short_is_left_out_and_not_glued_to_the_next(workdir):
    file = workdir / "metrics.jsonl"
    file.write_text(file.read_text()[:-12])
    assert written(workdir)[-1] == ("gan", 3)
    writer = MetricsWriter(workdir, phase="gan", step=3)
    writer.write(4, {"loss": 9.0})
    writer.close()
    last = MetricsWriter.read(workdir)[-1]
    assert abs(time.time() - last.pop("time")) < 60
    assert last == {"phase": "gan", "step": 4, "loss": 9.0}


def test_no_metrics_yet(tmp_path):
    assert MetricsWriter.read(tmp_path) == []


def test_every_phase_has_its_own_event_files(workdir):
    """TensorBoard hides all later steps in a folder when a writer starts anew there."""
    files = list((workdir / "tensorboard").rglob("events.*"))
    assert len(files) == 2 and len({file.parent for file in files}) == 2
    assert all(file.stat().st_size > 0 for file in files)


def test_grid_shows_rows_side_by_side(tmp_path):
    reds, blues = np.zeros((2, 3, 4, 5, 3), np.uint8)
    reds[..., 0], blues[..., 2] = 200, 100
    canvas = grid([reds, blues], gap=1)
    assert canvas.shape == (3 * 5 + 1, 2 * 6 + 1, 3)
    assert canvas[1:5, 1:6].tolist() == reds[0].tolist()
    assert canvas[11:15, 7:12].tolist() == blues[2].tolist()
    assert (canvas[0] == 255).all() and (canvas[:, 6] == 255).all()
    path = tmp_path / "samples" / "000001.png"
    write_picture(path, canvas)
    read = matplotlib.image.imread(path)[..., :3]
    np.testing.assert_array_equal(np.rint(read * 255), canvas)


def test_grid_enlarges_small_pictures():
    small = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    large = np.zeros((1, 4, 5, 3), np.uint8)
    canvas = grid([small, large], gap=1)
    assert canvas.shape == (6, 13, 3)
    enlarged = small[0].repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(canvas[1:5, 1:5], enlarged)


@pytest.mark.parametrize(
    "line", ["{", "7", '{"phase": "gan"}', '{"phase": 1, "step": 2}']
)
def test_a_damaged_line_is_named(line, workdir):
    path = workdir / "metrics.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], line, *lines[3:]]) + "\n")
    with pytest.raises(ValueError, match=rf"^line 3 of {path} is damaged"):
        MetricsWriter.read(workdir)


def test_names_stand_beside_their_rows_whatever_they_hold():
    """The mistakes: upside down; cut off at the right; '$' is set as mathematics."""
    blank = np.full((3, 20, 20, 3), 255, np.uint8)
    plain = grid([blank])

    def ink(*names):
        named = grid([blank], names=names)
        np.testing.assert_array_equal(named[:, -plain.shape[1] :], plain)
        return (named[:, : -plain.shape[1]] < 128).any(axis=2)

    rows = ink("", "i", "a double bass").any(axis=1)
    assert not rows[:22].any() and rows[24:42].any() and rows[46:64].any()
    wide = ink("", "", "a double bass")
    assert wide.shape[1] > 2 * ink("i", "i", "i").shape[1]
    assert wide.any() and not wide[:, -3:].any() and not wide[:, :3].any()
    assert ink("$a$", "", "").shape[1] > ink("a", "", "").shape[1] + 10
    assert ink("ヴィオラ", "", "").any()
