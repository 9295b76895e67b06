"""A grid of runs: what is made, what is left, and what the table holds."""

import functools
import json
import re

import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.evaluation import evaluate_run, reproduce
from cmgan_jax.evaluation.judges import Judge
from cmgan_jax.reporting.systems import systems_page
from cmgan_jax.runtime.lock import hold
from cmgan_jax.signals.direction import S2I
from cmgan_jax.systems import registry
from cmgan_jax.systems.interface import System


def look(items):
    """A judge of brightness."""
    level = items.mean(axis=(1, 2, 3))
    guess = np.eye(3, dtype=np.float32)[np.digitize(level, (84, 171))]
    return level[:, None].astype(np.float32), guess


def system_that(draw):
    return lambda config, task: System(task, (S2I,), (), (), draw)


def as_bright(finished, sources, keys, direction):
    level = sources.astype(jnp.float32).mean(axis=(1, 2, 3)) / 127.5 - 1.0
    return jnp.broadcast_to(level[:, None, None, None], (*sources.shape[:3], 3))


def always_dark(finished, sources, keys, direction):
    return jnp.full((*sources.shape[:3], 3), -0.9)


def refused(config, task):
    raise ValueError("config.gan.steps=-1: expected 1 or more.")


@pytest.fixture
def data(make_data, tmp_path, monkeypatch):
    """Data whose judge sees the brightness, and three systems."""
    judge = Judge("a", "image", "judging", {}, "1", look)
    for module in (evaluate_run, reproduce):
        monkeypatch.setattr(module, "require_judges", lambda *_, **__: (judge,))
    systems = {
        "bright": system_that(as_bright),
        "dark": system_that(always_dark),
        "refused": refused,
    }
    monkeypatch.setattr(registry, "SYSTEMS", systems)
    splits = {"train": {"n": 30}, "validation": {"n": 6}, "test": {"n": 60}}
    return make_data(tmp_path / "data", splits)


@pytest.fixture
def grid(small_config):
    """Names of systems -> configurations of two seeds of each."""

    def make(*names):
        return [
            small_config | {"name": name, "system": name, "seed": seed}
            for seed in (0, 1)
            for name in names
        ]

    return make


def made(
    configs, data, folder, page=lambda results: "written by cmgan_jax", **cells
) -> str:
    """The grid, by default with a page that is empty."""
    return reproduce.reproduce(configs, data, folder, page=page, **cells)


def results(folder) -> dict:
    return json.loads((folder / "results.json").read_text())


def test_systems_come_in_one_table_with_the_floor_of_the_first(data, grid, tmp_path):
    table = made(grid("bright", "dark"), data, tmp_path)
    found = results(tmp_path)
    systems = found["systems"]
    assert list(systems) == ["bright", "dark", "bright, shuffled sources"]
    accuracy = [one["s2i"]["test"]["headline"]["mean"] for one in systems.values()]
    assert accuracy == [1.0, pytest.approx(1 / 3), 0.0]
    against = systems["dark"]["s2i"]["test"]["against"]
    assert against["mean"] == pytest.approx(-2 / 3)
    assert (found["failed"], found["missing"]) == ({}, [])
    assert table.count("| s2i, test") == 0 and table.count(", s2i, test |") == 2 * 3


def test_the_page_shows_what_every_system_made_of_the_same_sources(
    data, grid, tmp_path
):
    """Bright, dark, and bright from the sound of another class, all of one sound."""
    page = functools.partial(systems_page, prepared=data, command="made in a test")
    made(grid("bright", "dark"), data, tmp_path, page)
    page = (tmp_path / "index.html").read_text()
    gallery = page[page.index('<table class="gallery">') :]
    heads = re.findall(r'<th scope="col">(.*?)</th>', gallery)[:5]
    assert heads == ["given", "real", "bright", "dark", "bright, shuffled sources"]
    rows = re.findall(r"<tr><th scope=\"row\">(\w+)</th>(.*?)</tr>", gallery, re.S)
    assert [name for name, _ in rows] == ["dark", "middle", "bright"]
    for name, row in rows:
        given, real, *cells = row.split("<td>")[1:]
        assert "judged" not in given + real and "<audio" in given
        marks = ["✓" in cell for cell in cells]
        assert marks == [True, name == "dark", False]
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert page.count("Tan et al. 2020") == 2 and "made in a test" in page


def test_a_cell_that_fails_keeps_no_other_from_being_made(data, grid, tmp_path):
    with pytest.raises(ValueError, match=r"(?s)2 of 4 cells.*steps=-1") as caught:
        made(grid("refused", "dark"), data, tmp_path)
    assert "refused_s2i_seed1: config.gan.steps" in str(caught.value)
    found = results(tmp_path)
    assert set(found["failed"]) == {"refused_s2i_seed0", "refused_s2i_seed1"}
    assert found["systems"]["dark"]["s2i"]["test"]["seeds"] == 2


def test_a_part_is_made_and_the_table_holds_all_that_is_finished(data, grid, tmp_path):
    configs = grid("bright", "dark")
    made(configs, data, tmp_path, cells="*_seed0")
    assert results(tmp_path)["missing"] == ["bright_s2i_seed1", "dark_s2i_seed1"]
    table = made(configs, data, tmp_path, cells="bright*")
    found = results(tmp_path)
    assert found["systems"]["bright"]["s2i"]["test"]["seeds"] == 2
    assert found["missing"] == ["dark_s2i_seed1"]
    assert "Not made yet: dark_s2i_seed1." in table
    with pytest.raises(ValueError, match="--cells=violet is the name of no cell"):
        made(configs, data, tmp_path, cells="violet")


def test_a_cell_that_another_process_makes_is_left_to_it(data, grid, tmp_path, capsys):
    with hold(tmp_path / "dark_s2i_seed0", "train"):
        made(grid("dark"), data, tmp_path)
    assert "left to another process" in capsys.readouterr().out
    found = results(tmp_path)
    assert found["missing"] == ["dark_s2i_seed0"] and not found["failed"]


def test_nothing_is_taken_over_from_a_cell_that_another_process_makes(
    data, grid, tmp_path
):
    """The mistake: the first of two runs that are alike is taken for finished."""
    one = grid("dark")[0]
    other = one | {"name": "alike"}
    with hold(tmp_path / "dark_s2i_seed0", "train"):
        made([one, other], data, tmp_path)
    found = results(tmp_path)
    assert list(found["systems"]) == ["alike"] and not found["failed"]
