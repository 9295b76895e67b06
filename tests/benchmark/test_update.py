"""Ours and a peer in turn, and what is reported of both."""

import pytest

from cmgan_jax.benchmark.update import measure_update


class SlowPeer:
    """Takes an hour, says its clock."""

    def __init__(self):
        self.facts, self.steps = {"version": "0"}, 0

    def step(self):
        self.steps += 1
        return 3600.0, {}


def test_a_ratio_above_one_says_that_ours_is_faster(narrow):
    workload, slow = narrow(), SlowPeer()
    measured = measure_update(workload, repeats=2, peers={"slow": slow})
    ours, ratio = measured["step_seconds"], measured["ratio_to_slow"]
    assert ratio.max == pytest.approx(3600.0 / ours.min)
    assert ratio.min == pytest.approx(3600.0 / ours.max) and ratio.min > 1
    assert measured["peer"]["slow"]["step_seconds"].median == 3600.0
    assert measured["peer"]["slow"]["version"] == "0"
    # Three to warm up, then one in every round.
    assert slow.steps == 5
    pairs = measured["pairs_per_second"]
    assert pairs.median == pytest.approx(workload.batch_size / ours.median)
