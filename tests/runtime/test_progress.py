"""Progress lines: how far, how fast, how long still."""

import time

import pytest

from cmgan_jax.runtime.progress import Progress, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (42.0, "42 s"),
        (59.7, "1 min 00 s"),
        (190.0, "3 min 10 s"),
        (3599.6, "1 h 00 min"),
        (7500.0, "2 h 05 min"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_lines_are_rare_but_the_last_one_always_comes(capsys):
    progress = Progress("train", 1000, unit="steps", every=60.0)
    for done in range(1, 1001):
        progress.update(done, "loss 1.5")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("train: 1,000/1,000 steps  ")
    assert lines[0].endswith("taken  loss 1.5")


def test_the_rate_counts_only_what_this_run_did(capsys):
    progress = Progress("train", 1000, unit="steps", done=900, every=0.0)
    time.sleep(0.1)
    progress.update(910)
    line = capsys.readouterr().err
    rate = float(line.split("steps  ")[1].split(" steps/s")[0])
    assert 10 < rate <= 100 and "1 s left" in line.replace("0 s left", "1 s left")
