"""What a run unpickles, writes and listens to: nothing, its own folder, nothing."""

import pickle
import shutil
from pathlib import Path

import jax
import pytest

from cmgan_jax.runs.model import load
from cmgan_jax.runs.train_run import train_run
from tests.faults.audit import watched


def test_a_run_writes_into_its_folder_and_unpickles_nothing(
    small_run, small_config, small_data, tmp_path
):
    workdir = tmp_path / "run"
    shutil.copytree(small_run, workdir)
    longer = {**small_config, "gan": {**small_config["gan"], "steps": 5}}
    beside = sorted(small_data.path.parent.rglob("*"))
    with watched(workdir, Path(jax.config.jax_compilation_cache_dir)) as audit:
        train_run(longer, small_data, workdir)
        load(workdir).generate(small_data.split("test").sound.array[:])
    assert audit.found == []
    assert sorted(small_data.path.parent.rglob("*")) == beside
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_audit_sees_what_it_should(tmp_path):
    with watched(tmp_path / "own") as audit:
        (tmp_path / "elsewhere").write_text("")
        pickle.loads(pickle.dumps(pytest.raises))
    assert [line.split()[0] for line in audit.found] == ["wrote", "pickle.find_class"]
