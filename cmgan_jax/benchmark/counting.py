"""Arithmetic of a function, counted from its trace.

XLA's own analysis counts the body of a loop once, however often it runs, and a
convolution's padding and dilation as if it were data.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
from jax.interpreters import partial_eval


def count_flops(function: Callable, *arguments: Any) -> float:
    """Multiplications and additions of all matrix products and convolutions.

    Args:
      function: what JAX can trace.
      *arguments: arrays or their shapes.

    Returns:
      Two operations per multiplied pair; zeros that a dilation inserts are no work,
      nor is what nobody reads, which XLA leaves out.
    """
    jaxpr = jax.make_jaxpr(function)(*arguments).jaxpr
    needed, _ = partial_eval.dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))
    return _count(needed)


def _count(jaxpr) -> float:
    return sum((_count_equation(equation) for equation in jaxpr.eqns), 0.0)


def _count_equation(equation) -> float:
    name, params = equation.primitive.name, equation.params
    if name == "dot_general":
        return _dot_general(equation)
    if name == "conv_general_dilated":
        return _convolution(equation)
    if name == "cond":
        # One branch runs, such as the one of the platform.
        return max(_count(branch.jaxpr) for branch in params["branches"])
    inner = sum((_count(jaxpr) for jaxpr in _inner(params)), 0.0)
    return inner * params.get("length", 1) if name == "scan" else inner


def _inner(params):
    for value in params.values():
        for item in value if isinstance(value, tuple | list) else (value,):
            item = getattr(item, "jaxpr", item)
            if hasattr(item, "eqns"):
                yield item


def _dot_general(equation) -> float:
    (contracted, _), _ = equation.params["dimension_numbers"]
    shape = equation.invars[0].aval.shape
    terms = math.prod(shape[axis] for axis in contracted)
    return 2.0 * terms * math.prod(equation.outvars[0].aval.shape)


def _convolution(equation) -> float:
    params = equation.params
    kernel = equation.invars[1].aval.shape
    _, inputs, *window = params["dimension_numbers"].rhs_spec
    terms = kernel[inputs] * math.prod(kernel[axis] for axis in window)
    terms /= math.prod(params["lhs_dilation"])
    return 2.0 * terms * math.prod(equation.outvars[0].aval.shape)
