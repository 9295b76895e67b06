"""The PyTorch peer computes what we compute, so its time may be compared."""

import importlib.util

import jax
import pytest

from cmgan_jax.benchmark import peer
from cmgan_jax.benchmark.update import Updates, measure_update
from cmgan_jax.benchmark.workload import make_workload
from cmgan_jax.configs import sa_cmgan, sa_cmgan_original

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="no PyTorch: pip install -e '.[bench]'",
)


def _narrow(module):
    config = module.get_config("s2i")
    config.model.width = 8
    config.model.hidden_size = 32
    config.gan.batch_size = 4
    return make_workload(config)


@pytest.mark.parametrize(
    "module", [sa_cmgan, sa_cmgan_original], ids=["default", "original"]
)
def test_same_parameters_and_losses_on_the_same_weights(module, tmp_path):
    workload = _narrow(module)
    state = workload.fresh_state()
    counts = {
        name: sum(leaf.size for leaf in jax.tree.leaves(getattr(state, name).params))
        for name in ("encoder", "generator", "discriminator")
    }
    updates = Updates(workload, warm_up=0)
    peer.write_job(tmp_path, workload)
    with peer.running(tmp_path, compiled=False) as torch:
        assert torch.parameters == counts
        # The second update also says that the gradients were the same; Adam's first
        # step has one size for every gradient, rounding errors included.
        for tolerance in (1e-3, 2e-2):
            (_, expected), (_, actual) = updates.step(), torch.step()
            assert actual == pytest.approx(expected, abs=tolerance)


def test_a_peer_is_measured_in_turn_with_ours(tmp_path):
    workload = _narrow(sa_cmgan)
    peer.write_job(tmp_path, workload)
    with peer.running(tmp_path, compiled=False) as torch:
        measured = measure_update(workload, repeats=2, peers={"torch_eager": torch})
    ours, ratio = measured["step_seconds"], measured["ratio_to_torch_eager"]
    theirs = measured["peer"]["torch_eager"]["step_seconds"]
    assert theirs.repeats == ours.repeats == 2
    assert theirs.min / ours.max <= ratio.median <= theirs.max / ours.min


def test_what_the_peer_does_not_know_is_refused(tmp_path):
    config = sa_cmgan.get_config("s2i")
    config.gan.loss = "wasserstein"
    with pytest.raises(ValueError, match="not 'wasserstein'"):
        peer.write_job(tmp_path, make_workload(config))
