"""Two small systems, trained through the command line once for all tests."""

import pytest

from cmgan_jax.data.prepared import open_prepared

NO_TENSORFLOW = ("tensorflow", "tensorflow_datasets", "librosa", "soundfile")
TINY = (
    "--config.model.width=4",
    "--config.model.hidden_size=16",
    "--config.model.attention_stage=3",
    "--config.classifier.steps=4",
    "--config.classifier.batch_size=8",
    "--config.gan.steps=4",
    "--config.gan.batch_size=8",
    "--config.run.log_every=1",
    "--config.run.sample_every=2",
    "--config.run.checkpoint_every=2",
    "--config.run.validation_examples=20",
)
S2I = (
    "--config=sa_cmgan:s2i",
    *TINY,
    "--config.run.reader=numpy",
)
I2S = (
    "--config=sa_cmgan:i2s",
    *TINY,
    "--config.gan.classification_weight=0.0",
)


@pytest.fixture(scope="session")
def tiny():
    """What makes any system small and its training short."""
    return TINY


@pytest.fixture(scope="session")
def training_flags():
    """Direction -> what `train` is given besides data and workdir."""
    return {"s2i": S2I, "i2s": I2S}


@pytest.fixture(scope="session")
def data(orchestra, run_verb):
    """The orchestra with its judges, trained briefly and without TensorFlow."""
    flags = (f"--data={orchestra}", "--steps=5")
    done = run_verb("judge", *flags, absent=NO_TENSORFLOW)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("trained on judging rows: real items: test ") == 4
    return open_prepared(orchestra)


@pytest.fixture(scope="session")
def runs(data, orchestra, run_verb, training_flags, tmp_path_factory):
    """Workdirs s2i and i2s, trained; s2i where TensorFlow cannot be imported."""
    folder = tmp_path_factory.mktemp("runs")
    for name, absent in (("s2i", NO_TENSORFLOW), ("i2s", ())):
        where = (f"--data={orchestra}", f"--workdir={folder / name}")
        done = run_verb("train", *training_flags[name], *where, absent=absent)
        assert done.returncode == 0, done.stderr
        assert "is trained" in done.stdout
    return folder


@pytest.fixture(scope="session")
def evaluated(runs, run_verb):
    """The runs, evaluated on their test splits, again without TensorFlow."""
    for name in ("s2i", "i2s"):
        flag = f"--workdir={runs / name}"
        done = run_verb("evaluate", flag, absent=NO_TENSORFLOW)
        assert done.returncode == 0, done.stderr
        assert f"{name} test: accuracy" in done.stdout
        assert f"{name} test_performers: accuracy" in done.stdout
    return runs


@pytest.fixture(scope="session")
def refused():
    """(finished verb, messages) -> whether its one plain message says all of them."""

    def check(done, *messages: str) -> bool:
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return all(message in done.stderr for message in messages) or pytest.fail(
            done.stderr
        )

    return check
