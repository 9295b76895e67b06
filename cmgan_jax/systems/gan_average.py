"""Moving averages of what generates, with BatchNorm statistics of their own."""

import jax.numpy as jnp

from cmgan_jax.systems.gan_parts import GanParts
from cmgan_jax.training.state import (
    GanState,
    apply_evaluation,
    apply_training,
    moving_average,
)


def average(
    parts: GanParts, state: GanState, *, source, features, pitch, z
) -> GanState:
    """Moves the averages; their BatchNorm statistics are those of this batch in them.

    Averaging the statistics as well would describe other weights than the averaged
    ones, and a judge recognises fewer of the targets made so (WORKSPACE.md).
    """
    if not parts.average_decay:
        return state
    # A young average forgets its random start: decay rises with the count of steps.
    steps = state.step.astype(jnp.float32)
    decay = jnp.minimum(parts.average_decay, (1.0 + steps) / (10.0 + steps))
    encoder, generator = (
        new.replace(
            params=moving_average(old["params"], new.params, decay=decay),
            collections={name: old[name] for name in old if name != "params"},
        )
        for new, old in (
            (state.encoder, state.averaged["encoder"]),
            (state.generator, state.averaged["generator"]),
        )
    )
    if "trunk" in parts.conditioning.trained:
        # The features came from the trunk that is not averaged.
        features = apply_evaluation(
            parts.encoder, encoder.variables, source, method="features"
        )
    code, statistics = apply_training(
        parts.encoder, encoder, encoder.params, features, method="code"
    )
    code_statistics = {"code": statistics["batch_stats"]["code"]}
    trunk_statistics = state.encoder.collections["batch_stats"]
    condition = parts.condition(code, pitch)
    _, collections = apply_training(
        parts.generator, generator, generator.params, condition, z
    )
    averaged = {
        "encoder": {
            "params": encoder.params,
            "batch_stats": {**trunk_statistics, **code_statistics},
        },
        "generator": {"params": generator.params, **collections},
    }
    return state.replace(averaged=averaged)
