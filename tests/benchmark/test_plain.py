"""The plain form of attention computes the same update."""

from types import SimpleNamespace

import pytest

from cmgan_jax.benchmark import update
from cmgan_jax.benchmark.plain import PlainPeer
from cmgan_jax.benchmark.update import Updates


@pytest.mark.parametrize("name", ["sa_cmgan", "sa_cmgan_original"])
def test_the_same_update(narrow, name):
    workload = narrow(name)
    ours, plain = Updates(workload, warm_up=0), PlainPeer(workload)
    # The second update also says that the gradients were the same.
    for tolerance in (1e-5, 1e-2):
        (_, expected), (_, actual) = plain.step(), ours.step()
        assert actual == pytest.approx(expected, rel=tolerance, abs=tolerance)
    assert plain.facts["peak_memory_bytes"] > 0


def test_several_updates_in_a_call_count_as_several(narrow, monkeypatch):
    updates = Updates(narrow(**{"run.steps_per_call": 5}))
    clock = iter([100.0, 110.0])
    monkeypatch.setattr(update, "time", SimpleNamespace(perf_counter=clock.__next__))
    per_update, metrics = updates.step()
    assert per_update == 2.0
    assert metrics.keys() >= {"d_loss", "g_loss", "classification"}
