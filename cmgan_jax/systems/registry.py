"""The systems by name: where the field `system` of a configuration is decoded."""

from collections.abc import Callable, Mapping
from types import MappingProxyType, SimpleNamespace

from cmgan_jax.systems import cmcgan, retrieval, sa_cmgan
from cmgan_jax.systems.checks import check_run, require_known
from cmgan_jax.systems.interface import System, Task

SYSTEMS: Mapping[str, Callable[[SimpleNamespace, Task], System]] = MappingProxyType(
    {
        "sa_cmgan": sa_cmgan.assemble,
        "cmcgan": cmcgan.assemble,
        "retrieval": retrieval.assemble,
    }
)


def assemble(config: SimpleNamespace, task: Task) -> System:
    """The system that a configuration describes.

    Args:
      config: attribute access to the fields of configs/base.py.
      task: what is turned into what.

    Raises:
      ValueError: a field holds an unknown name or contradicts another; the message
        names it, what it holds and what it may hold.
    """
    try:
        require_known("system", config.system, SYSTEMS)
        check_run(config)
        return SYSTEMS[config.system](config, task)
    except AttributeError as error:
        if not isinstance(error.obj, SimpleNamespace):
            raise
        raise ValueError(
            f"the configuration lacks the field {error.name!r}: start from one of "
            "configs/ and change fields of it."
        ) from error
