"""What prepare prints: all of it true, and commands that a shell takes as they are."""

import pathlib
import shlex
import subprocess
import sys

import pytest

from cmgan_jax.configs import load, locate
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.prepare.advice import describe_prepared, next_steps
from cmgan_jax.signals.representation import Representation
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.registry import assemble


def prepared(pairing, path="data", class_names=("flute", "tuba")):
    return PreparedData(
        path=pathlib.Path(path),
        dataset="own",
        version="1.0.0",
        representation=Representation(),
        class_names=class_names,
        pairing=pairing,
        songs=(),
        performers=(),
        splits={},
    )


@pytest.mark.parametrize("pairing", ["stem", "class"])
@pytest.mark.parametrize("output", ["data/mine", "it's my data/x y", "-d", "$HOME`x`"])
def test_the_commands_are_whole(pairing, output):
    lines = next_steps(prepared(pairing), pathlib.Path(output))
    commands = [shlex.split(line) for line in lines if line.startswith("  python")]
    system = {"stem": "sa_cmgan", "class": "class_aligned"}[pairing]
    assert [command[5].split("=")[1] for command in commands] == [
        *(f"{system}:quickstart/s2i", f"{system}:s2i")
    ]
    assert all(f"--data={output}" in command for command in commands)
    assert "minutes" in lines[0] and "accelerator" in lines[2]


@pytest.mark.parametrize("pairing", ["stem", "class"])
@pytest.mark.parametrize("class_names", [("flute", "tuba"), ("flute",)])
def test_training_takes_the_commands_as_they_are(pairing, class_names, settings_of):
    """The mistake: weights of losses that need what the data do not have."""
    data = prepared(pairing, class_names=class_names)
    task = Task((64, 64, 3), (64, 64, 1), len(class_names), pairing == "stem")
    for line in next_steps(data, pathlib.Path("out")):
        if not line.startswith("  python"):
            continue
        flags = dict(word[2:].split("=") for word in shlex.split(line)[4:])
        config = load(locate(flags["config"]), "s2i")
        for field, value in flags.items():
            if field.startswith("config."):
                config.update_from_flattened_dict({field[7:]: float(value)})
        assert assemble(settings_of(config), task).directions


def test_everything_in_the_report_is_said():
    report = {
        "notes": ["read: audio, img.", "not read: the folders old."],
        "settings": {"window": "loudest"},
        "hearing": {
            "recordings": 2,
            "seconds": 56.0,
            "seconds_used": 1.0,
            "used_in_part": [{"path": "a.wav", "seconds": 28.0, "seconds_used": 0.5}],
            "noted": [{"path": f"{i}.wav", "note": "its 2 channels"} for i in range(9)],
        },
        "identical_across_splits": [],
        "defects": {"count": 3, "by_kind": {"silence": 2, "truncated": 1}},
    }
    data = prepared("stem")
    said = "\n".join(describe_prepared(data, report))
    assert "not read: the folders old." in said
    assert "1.0 of the 56.0 s in 2 recordings (2%)" in said
    assert "4.wav: its 2 channels\n4 more of this kind" in said
    assert "left out: 2 silence, 1 truncated; all listed in data/prepare_report" in said


@pytest.mark.slow
def test_flags_that_do_not_go_together_and_verify(tmp_path):
    def run(*flags):
        command = [sys.executable, "-m", "cmgan_jax", "prepare", *flags]
        return subprocess.run(command, capture_output=True, text=True, timeout=300)

    done = run("--pairing=class", f"--output={tmp_path}")
    assert done.returncode == 1 and "belong to paired_folders" in done.stderr
    done = run("--listen", f"--output={tmp_path}")
    assert done.returncode == 1 and "says which notes are played" in done.stderr
    pictures = ("--dataset=paired_folders", f"--source={tmp_path}", "--sound=pictures")
    done = run("--listen", *pictures, f"--output={tmp_path / 'o'}")
    assert done.returncode == 1 and "--listen needs recordings" in done.stderr
    done = run("--verify", f"--output={tmp_path}")
    assert done.returncode == 1 and "no prepared data to verify" in done.stderr
    flags = ("--scale=0.02", "--image_size=16", f"--output={tmp_path / 'o'}")
    assert run(*flags).returncode == 0
    done = run("--verify", f"--output={tmp_path}")
    assert done.returncode == 0 and "bytes, as prepared" in done.stdout, done.stderr
    file = next((tmp_path / "o").rglob("features.json"))
    file.write_text(file.read_text() + " ")
    done = run("--verify", f"--output={tmp_path}")
    assert done.returncode == 1 and "features.json" in done.stderr
    assert "Traceback" not in done.stderr
