"""The PyTorch peer computes what we compute, so its time may be compared."""

import importlib.util
import subprocess
import sys

import jax
import numpy as np
import pytest

from cmgan_jax.benchmark import peer
from cmgan_jax.benchmark.update import Updates, measure_update

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="no PyTorch: pip install -e '.[bench]'",
)
# Where the second update shows the gradient of the classification loss.
WIDE = {
    **{"model.width": 8, "model.hidden_size": 32},
    **{"gan.posterior_weight": 0.0, "gan.pair_weight": 0.0, "gan.spectra": 0},
}
HEAVY = WIDE | {"gan.classification_weight": 30.0}
# The authors' attention, normalised by the batch even in a frozen recogniser.
MIXED = HEAVY | {
    "model.attention_form": "convolutional",
    "model.attention_batch_statistics": True,
    "model.discriminator_norm": False,
    "gan.mismatched_weight": 0.0,
}


@needs_torch
@pytest.mark.parametrize(
    ("name", "direction", "fields"),
    [
        ("sa_cmgan", "s2i", HEAVY),
        ("sa_cmgan", "i2s", HEAVY),
        ("sa_cmgan_original", "s2i", WIDE),
        ("sa_cmgan", "s2i", MIXED),
    ],
    ids=["s2i", "i2s", "original", "mixed"],
)
def test_same_parameters_and_losses_on_the_same_weights(
    narrow, tmp_path, name, direction, fields
):
    workload = narrow(name, direction, **fields)
    updates = Updates(workload, warm_up=0)
    peer.write_job(tmp_path, workload)
    with peer.running(tmp_path, compiled=False) as torch:
        assert torch.parameters == _counts(updates.state)
        # The second update also says that the gradients were the same; Adam's first
        # step has one size for every gradient, rounding errors included.
        for tolerance in (3e-4, 1e-3):
            (_, expected), (_, actual) = updates.step(), torch.step()
            assert actual == pytest.approx(expected, abs=tolerance)
        assert torch.averages() == pytest.approx(_averages(updates.state), rel=1e-4)


def _counts(state) -> dict[str, int]:
    trees = {
        name: getattr(state, name).params
        for name in ("encoder", "generator", "discriminator")
    }
    if state.target_recogniser is not None:
        params = state.target_recogniser["params"]
        # The code is no part of what classifies.
        encoder = {k: tree for k, tree in params["encoder"].items() if k != "code"}
        classifier = params["classifier"]
        trees["target_recogniser"] = {"classifier": classifier, "encoder": encoder}
    return {
        name: sum(leaf.size for leaf in jax.tree.leaves(tree))
        for name, tree in trees.items()
    }


def _averages(state) -> dict[str, float]:
    if state.averaged is None:
        return {}
    encoder, generator = state.averaged["encoder"], state.averaged["generator"]
    parts = [(encoder, "code"), *((generator, name) for name in generator["params"])]
    params = [variables["params"][name] for variables, name in parts]
    statistics = [variables["batch_stats"].get(name, {}) for variables, name in parts]
    means = [
        leaf
        for path, leaf in jax.tree_util.tree_leaves_with_path(statistics)
        if path[-1].key == "mean"
    ]
    return {
        name: sum(np.abs(np.asarray(leaf, np.float64)).sum() for leaf in leaves)
        for name, leaves in (
            ("running_means", means),
            ("parameters", jax.tree.leaves(params)),
        )
    }


@needs_torch
def test_a_peer_is_measured_in_turn_with_ours(narrow, tmp_path):
    workload = narrow()
    peer.write_job(tmp_path, workload)
    with peer.running(tmp_path, compiled=False) as torch:
        measured = measure_update(workload, repeats=2, peers={"torch_eager": torch})
    theirs = measured["peer"]["torch_eager"]
    assert theirs["step_seconds"].repeats == measured["step_seconds"].repeats == 2
    assert theirs["step_seconds"].min > 0 and theirs["device"]


@needs_torch
def test_the_peer_imports_no_jax():
    program = f"import sys, {peer.PROGRAM}\nprint({{'jax', 'flax'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "set()"


def test_what_the_peer_does_not_know_is_refused(narrow, tmp_path):
    with pytest.raises(ValueError, match="not 'sa_cmgan' with 'wasserstein'"):
        peer.write_job(tmp_path, narrow(**{"gan.loss": "wasserstein"}))
    with pytest.raises(ValueError, match=r"no model\.attention_form='residual'; it"):
        peer.write_job(tmp_path, narrow("residual_control"))
    with pytest.raises(ValueError, match=r"no model\.spectral_norm='both'; it has"):
        peer.write_job(tmp_path, narrow("sagan_attention"))


def test_a_peer_that_stops_says_how_to_get_it(tmp_path):
    with (
        pytest.raises(ValueError, match=r"pip install -e '\.\[bench\]'"),
        peer.running(tmp_path / "missing", compiled=False),
    ):
        pass
