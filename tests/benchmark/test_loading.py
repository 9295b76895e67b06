"""Loaders and the wait for them, from data of random pixels."""

from cmgan_jax.benchmark import loading
from cmgan_jax.benchmark.random_data import make_random_data


def test_batches_are_those_the_measured_phase_needs(narrow, tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "BATCHES", 10)
    prepared = make_random_data(tmp_path, pairs=40)
    assert prepared.pairing == "stem"
    assert len(prepared.split("train").image) == 40
    workload = narrow()
    rates = loading.measure_loading(workload, prepared, repeats=1)
    waits = loading.measure_waiting(workload, prepared, repeats=2)
    assert rates.keys() == waits.keys() == {"tf_data", "numpy"}
    for name in rates:
        assert rates[name].median > 0
        assert 0 < waits[name]["share_of_step"].median < 1
        assert waits[name]["seconds"].repeats == 2
