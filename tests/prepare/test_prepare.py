"""Preparing: complete or nothing, defects listed, finished data left alone."""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from typing import ClassVar

import numpy as np
import pytest
import tensorflow_datasets as tfds

from cmgan_jax.data.items import Split, make_items
from cmgan_jax.data.prepared import find_prepared, open_prepared
from cmgan_jax.prepare.builder import PairedBuilder
from cmgan_jax.prepare.paired_config import PairedConfig
from cmgan_jax.prepare.plan import Defect, Plan, Produced
from cmgan_jax.prepare.preparation import prepare
from cmgan_jax.signals.representation import Representation

VERB = (sys.executable, "-m", "cmgan_jax", "prepare")


@dataclasses.dataclass(frozen=True)
class NoiseTask:
    """Rows of noise; every bad one is a defect instead."""

    label: int
    expected: int = 5
    bad: int = 0

    def produce(self, representation: Representation) -> Produced:
        rng = np.random.default_rng(self.label)
        rows = self.expected - self.bad
        columns = {
            "label": self.label,
            "stem": [f"{self.label}_{i}" for i in range(rows)],
        }
        shapes = (representation.image_shape, representation.sound_shape)
        made = [
            make_items(rng.integers(0, 256, (rows, *shape), dtype=np.uint8), **columns)
            for shape in shapes
        ]
        bad = Defect(f"{self.label}.wav", "silence", "only zeros; expected a sound.")
        return Produced(Split(*made), (bad,) * self.bad)


@dataclasses.dataclass
class NoiseConfig(PairedConfig):
    representation: Representation = dataclasses.field(
        default_factory=lambda: Representation(image_size=16)
    )
    bad: int = 0
    usable: bool = True


class NoiseOrchestra(PairedBuilder):
    """Three classes of noise."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS: ClassVar = [NoiseConfig()]
    DESCRIPTION = "Noise."

    def _plan(self, source, scratch):
        config = self.builder_config
        bad = config.bad if config.usable else 5
        tasks = tuple(NoiseTask(label, bad=bad) for label in range(3))
        return Plan(
            class_names=("a", "b", "c"),
            pairing="stem",
            tasks={"train": tasks, "validation": (NoiseTask(1, bad=5 * (bad > 0)),)},
            defects=(Defect("x.jpg", "orphan_stem", "no x.wav."),) if bad else (),
            notes=("Counts are as published.",),
        )


def noise(output, *, on_bad="fail", workers=1, **settings) -> NoiseOrchestra:
    return NoiseOrchestra(
        data_dir=output, config=NoiseConfig(**settings), on_bad=on_bad, workers=workers
    )


def report_in(folder: pathlib.Path) -> dict:
    return json.loads((folder / "prepare_report.json").read_text())


def test_prepare_then_again(tmp_path, capfd):
    data, built = prepare(noise(tmp_path, workers=2))
    assert built and data.path == tmp_path / "noise_orchestra/log_mel_16/1.0.0"
    assert "20/20 items" in capfd.readouterr().err
    assert data.split("train").image.label.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert data.split("judging").image.label.tolist() == [0, 1, 2]
    report = report_in(data.path)
    assert report["items"]["train"]["sound"] == {"a": 4, "b": 4, "c": 4}
    assert report["items"]["judging"]["sound"] == {"a": 1, "b": 1, "c": 1}
    assert report["notes"][0] == "Counts are as published."
    assert not (data.path / "scratch").exists()

    again, built = prepare(noise(tmp_path))
    assert not built and again.path == data.path
    alone, _ = prepare(noise(tmp_path / "alone", workers=1))
    digests = [
        json.loads((path / "prepared.json").read_text())["sha256"]
        for path in (data.path, alone.path)
    ]
    assert digests[0] == digests[1]

    info = tfds.builder("noise_orchestra", data_dir=tmp_path).info
    assert info.splits["train"].num_examples == 12
    assert info.features["label"].names == ["a", "b", "c"]
    served = list(
        tfds.load(
            "noise_orchestra", data_dir=tmp_path, split="train"
        ).as_numpy_iterator()
    )
    np.testing.assert_array_equal(
        np.stack([row["sound"] for row in served]), data.split("train").sound.array
    )
    np.testing.assert_array_equal(
        np.stack([row["image"] for row in served]), data.split("train").image.array
    )

    with pytest.raises(ValueError, match="bad: 0 there, 1 asked for"):
        prepare(noise(tmp_path, bad=1))
    with pytest.raises(ValueError, match="image_size: 16 there, 32 asked for"):
        prepare(noise(tmp_path, representation=Representation(image_size=32)))
    file = data.path / "train" / "image.npy"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(ValueError, match=r"train/image.npy missing or changed"):
        prepare(noise(tmp_path))


def test_data_of_an_older_format_are_refused_with_what_to_do(tmp_path):
    data, _ = prepare(noise(tmp_path))
    file = data.path / "prepared.json"
    older = json.loads(file.read_text()) | {"format": 1}
    del older["digest"], older["about"]
    file.write_text(json.dumps(older))
    with pytest.raises(ValueError, match=rf"format 1.*delete {data.path} and prepare"):
        prepare(noise(tmp_path))


def test_on_bad_fail_lists_everything_and_leaves_nothing(tmp_path):
    with pytest.raises(ValueError) as caught:
        prepare(noise(tmp_path, bad=2))
    message = str(caught.value)
    assert message.startswith("12 defects") and "11 silence, 1 orphan_stem" in message
    assert "silence: 2.wav: only zeros" in message and "--on_bad=skip" in message
    report = report_in(tmp_path)
    assert report["defects"]["by_kind"] == {"silence": 11, "orphan_stem": 1}
    assert len(report["defects"]["all"]) == 12
    assert report["items"]["train"]["image"] == {"a": 2, "b": 2, "c": 2}
    with pytest.raises(FileNotFoundError):
        open_prepared(tmp_path)
    assert list(tmp_path.rglob("*.npy")) == []


def test_on_bad_skip_goes_on_without_the_bad(tmp_path):
    data, _ = prepare(noise(tmp_path, bad=2, on_bad="skip"))
    assert {name: len(split.image) for name, split in data.splits.items()} == {
        "train": 6,
        "judging": 3,
    }
    report = report_in(data.path)
    assert report["defects"]["count"] == 12
    assert "split 'validation' has no items" in report["notes"][-1]


def test_nothing_usable(tmp_path):
    with pytest.raises(ValueError, match="Nothing usable is left for the train split"):
        prepare(noise(tmp_path, usable=False, on_bad="skip"))
    assert report_in(tmp_path)["defects"]["count"] == 21


def test_only_fifty_defects_are_printed(tmp_path):
    from cmgan_jax.prepare.report import PrepareReport

    plan = Plan(("a", "b"), "stem", tasks={"train": ()})
    report = PrepareReport(
        dataset="d",
        version="1.0.0",
        representation=Representation(),
        settings={},
        plan=dataclasses.replace(
            plan, defects=(Defect("x.wav", "silence", "only zeros."),) * 70
        ),
    )
    with pytest.raises(ValueError, match=r"\.\.\. and 20 more\.") as caught:
        report.check(on_bad="fail", failed_report=tmp_path / "prepare_report.json")
    assert str(caught.value).count("x.wav") == 50
    assert len(report_in(tmp_path)["defects"]["all"]) == 70


def run_verb(*flags: str) -> subprocess.CompletedProcess:
    return subprocess.run([*VERB, *flags], capture_output=True, text=True, timeout=120)


def test_killed_in_the_middle_then_run_again(tmp_path):
    flags = (f"--output={tmp_path}", "--scale=0.02", "--image_size=16", "--workers=2")
    process = subprocess.Popen([*VERB, *flags], stderr=subprocess.DEVNULL)
    while not list(tmp_path.rglob("incomplete.*/train/image.npy")):
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert list(tmp_path.rglob("incomplete.*")) and find_prepared(tmp_path) == []
    with pytest.raises(FileNotFoundError, match="no prepared data"):
        open_prepared(tmp_path)

    done = run_verb(*flags)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("incomplete.*")) == []
    data = open_prepared(tmp_path)
    train = data.split("train")
    assert len(data.class_names) == 13 and data.pairing == "stem"
    assert (
        set(train.image.label) == set(range(13))
        and np.isfinite(train.sound.pitch).all()
    )
    assert f"Prepared: {data.path}" in done.stdout and "pictures" in done.stdout
    assert f"train --data={tmp_path} --config=duet:s2i" in done.stdout
    seen = {name: set(split.image.performer) for name, split in data.splits.items()}
    assert not seen["test_performers"] & (seen["train"] | seen["test"])
    songs = {name: set(split.image.song) for name, split in data.splits.items()}
    assert not songs["train"] & songs["test"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--source=x",), "pocket_orchestra is made from code"),
        (("--dataset=sub_urmp",), "needs --source"),
        (("--sound=pictures",), "needs spectrogram pictures"),
        (("--dataset=sub_urmp", "--source=nowhere"), "nowhere does not exist"),
    ],
)
def test_what_a_user_can_mend_is_said_plainly(tmp_path, flags, message):
    done = run_verb(*flags, f"--output={tmp_path}")
    assert done.returncode == 1 and message in done.stderr
    assert "Traceback" not in done.stderr
