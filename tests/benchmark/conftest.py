"""Workloads narrow enough to compile in a test."""

import importlib

import pytest

from cmgan_jax.benchmark.workload import Workload, make_workload


@pytest.fixture(scope="session")
def narrow_config():
    """(name, direction, "section.field" overrides) -> every field, as the verb has it.

    Stages of width 4 for batches of 4.
    """

    def make(name: str = "sa_cmgan", direction: str = "s2i", **overrides) -> dict:
        module = importlib.import_module(f"cmgan_jax.configs.{name}")
        config = module.get_config(direction)
        fields = {"model.width": 4, "model.hidden_size": 16, "gan.batch_size": 4}
        config.update_from_flattened_dict(fields | overrides)
        return config.to_dict()

    return make


@pytest.fixture(scope="session")
def narrow(narrow_config):
    """As `narrow_config`, the workload of it."""

    def make(*names: str, **overrides) -> Workload:
        return make_workload(narrow_config(*names, **overrides))

    return make
