"""The same data through Apache Beam, and what is said where it is not installed.

Most of it needs the extra `beam`, which has an environment of its own.
"""

import functools
import sys

import pytest

from cmgan_jax.data import shards
from cmgan_jax.prepare import beam
from cmgan_jax.prepare.beam import Beam
from cmgan_jax.prepare.preparation import prepare
from cmgan_jax.signals.representation import Representation


@pytest.fixture
def direct():
    """The runner of this machine."""
    pytest.importorskip("apache_beam", reason="the extra `beam` is not installed")
    return Beam("DirectRunner", ("direct_num_workers=1",))


def test_without_beam_it_is_said_what_to_install(monkeypatch):
    for name in ("apache_beam", "apache_beam.options.pipeline_options"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ValueError, match=r"FlinkRunner needs .* '\.\[beam\]'"):
        Beam("FlinkRunner")


def test_the_verb_says_so_before_it_makes_anything(run_verb, tmp_path):
    output = tmp_path / "data"
    flags = (f"--output={output}", "--beam_runner=DirectRunner")
    done = run_verb("prepare", *flags, absent=("apache_beam",))
    assert done.returncode == 1 and "error: --beam_runner=DirectRunner" in done.stderr
    assert not output.exists()


def test_the_data_are_those_of_the_pool_in_every_byte(direct, tmp_path, monkeypatch):
    """The mistakes: results in the order they are done; a stretch lost or twice."""
    from cmgan_jax.prepare.datasets.pocket_orchestra.builder import (
        PocketOrchestra,
        PocketOrchestraConfig,
    )

    monkeypatch.setattr(shards, "SHARD_BYTES", 100 * 768)
    monkeypatch.setattr(beam, "_ROWS_OF_A_STRETCH", 100)
    made = {}
    for name, runner in (("pool", None), ("beam", direct)):
        small = Representation(image_size=16)
        config = PocketOrchestraConfig(representation=small, scale=0.005)
        builder = PocketOrchestra(data_dir=tmp_path / name, config=config, beam=runner)
        data, _ = prepare(builder)
        files = [file for file in sorted(data.path.rglob("*")) if file.is_file()]
        made[name] = {file.relative_to(data.path): file.read_bytes() for file in files}
    assert made["beam"] == made["pool"]
    assert sum(path.name == "image_00002.npy" for path in made["beam"]) > 0


def test_an_option_that_beam_does_not_know_is_named(direct, capsys):
    assert capsys.readouterr().err == ""
    Beam("DirectRunner", ("paralellism=3", "direct_num_workers=1"))
    assert "no option paralellism; DirectRunner may" in capsys.readouterr().err


def test_a_file_that_kills_its_reader_costs_no_other(direct, tmp_path):
    from tests.prepare.test_pool import require_all_but_the_bad

    require_all_but_the_bad(functools.partial(direct.produce_in_order, folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_does_not_see_the_folder_says_so(direct, tmp_path):
    from tests.prepare.test_pool import Reading

    asked = {"workers": 1, "title": "test", "folder": tmp_path / "not_there"}
    made = direct.produce_in_order({"train": [Reading("a")]}, Representation(), **asked)
    with pytest.raises(Exception, match=r"does not see .*not_there: --output and --so"):
        list(made)
