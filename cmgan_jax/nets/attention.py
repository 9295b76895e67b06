"""Self-attention over the positions of a feature map.

The core keeps no map for the backward pass: it recomputes the weights from the saved
log-sum-exp of the scores (Dao et al. 2022, section 3.1).
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from cmgan_jax.nets.layers import BatchNorm, Conv
from cmgan_jax.nets.spectral_norm import SpectralNorm

CPU_EXAMPLES = 4  # whose maps a CPU holds at a time


def attention_map(
    query: Float[Array, "b n k"], key: Float[Array, "b m k"]
) -> Float[Array, "b n m"]:
    """Softmax over m of the unscaled products of query and key, float32."""
    scores = jnp.einsum("bnk,bmk->bnm", query, key, preferred_element_type=jnp.float32)
    return nn.softmax(scores)


@jax.custom_vjp
def attend(
    query: Float[Array, "b n k"],
    key: Float[Array, "b m k"],
    value: Float[Array, "b m c"],
) -> Float[Array, "b n c"]:
    """Averages the values by `attention_map(query, key)`.

    Args:
      query: what each of n positions looks for.
      key: what each of m positions offers.
      value: what is averaged.

    Returns:
      The averages, in the dtype of `value`.
    """
    return _forward(query, key, value)[0]


def _forward(query, key, value):
    output, log_sum = _by_example(_attend_one, query, key, value)
    return output, (query, key, value, output, log_sum)


def _backward(residuals, d_output):
    query, key, value, output, log_sum = residuals
    along = jnp.sum(d_output.astype(jnp.float32) * output, -1)
    return _by_example(_backward_one, query, key, value, log_sum, along, d_output)


attend.defvjp(_forward, _backward)


def _by_example(function, *arrays):
    """Applies a function to every example: a few at a time on a CPU, else all at once.

    A few maps fit a CPU's caches and a batch of them does not: half again as fast. An
    accelerator wants the large products, and a batch spread over devices stays so.
    """
    return lax.platform_dependent(
        *arrays,
        cpu=lambda *batch: lax.map(
            lambda example: function(*example), batch, batch_size=CPU_EXAMPLES
        ),
        default=jax.vmap(function),
    )


def _attend_one(query, key, value):
    """Output [n c] and the logarithm of the softmax's denominator [n]."""
    scores = _products(query, key)
    top = scores.max(-1, keepdims=True)
    weights = jnp.exp(scores - top)
    total = weights.sum(-1, keepdims=True)
    output = _average(weights, value) / total
    return output.astype(value.dtype), (top + jnp.log(total))[:, 0]


def _backward_one(query, key, value, log_sum, along, d_output):
    """Gradients of query, key and value; `along` [n] is d_output times output.

    The map is computed once as [n m] and once as [m n]: each sum then runs along rows,
    which costs a CPU less than half the time of summing one map along its columns.
    """
    weights = jnp.exp(_products(query, key) - log_sum[:, None])
    d_scores = weights * (_products(d_output, value) - along[:, None])
    d_query = _average(d_scores, key)

    weights = jnp.exp(_products(key, query) - log_sum[None, :])
    d_scores = weights * (_products(value, d_output) - along[None, :])
    d_key, d_value = _average(d_scores, query), _average(weights, d_output)
    return (
        d_query.astype(query.dtype),
        d_key.astype(key.dtype),
        d_value.astype(value.dtype),
    )


def _products(rows, columns):
    """Every row times every column, [n c] and [m c] -> [n m], float32."""
    return jnp.einsum("nc,mc->nm", rows, columns, preferred_element_type=jnp.float32)


def _average(weights, rows):
    """Rows summed by weight, [n m] and [m c] -> [n c], accumulated in float32."""
    weights = weights.astype(rows.dtype)
    return jnp.matmul(weights, rows, preferred_element_type=jnp.float32)


class SelfAttention(nn.Module):
    """A map plus its gated attention: y = gate * o + x, gate zero at the start.

    Three forms. "convolutional" is the authors' (query, key and value by 4 x 4
    convolutions, normalised and rectified; c/8, c/8 and c channels). "pointwise" is
    SAGAN's (Zhang et al. 2019 and its official code: 1 x 1 without bias; key and value
    halved in height and width by the maximum, value c/2 channels, a 1 x 1 convolution
    back to c). "residual" stands in for it where attention is what is asked about: the
    bottleneck of He et al. 2016, 1 x 1, 3 x 3 and 1 x 1 with 5/18 c channels between,
    which makes the 5/4 c**2 parameters of the pointwise form (to 2 % from 64 channels
    on) out of neighbouring positions alone.

    Collecting "intermediates" stores the map [b n m] under "map".

    Attributes:
      form: "convolutional", "pointwise" or "residual".
      norm: batch normalisation in the convolutional form; without it the convolutions
        have a bias.
      groups: see `BatchNorm`.
      batch_statistics_at_test: normalise by the batch at test time too, as the
        authors' graph does.
      spectral_norm: of every kernel, or None.
      dtype: compute dtype; the softmax is float32.
    """

    form: str = "convolutional"
    norm: bool = True
    groups: int = 1
    batch_statistics_at_test: bool = False
    spectral_norm: SpectralNorm | None = None
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> Float[Array, "b h w c"]:
        forms = {
            "convolutional": self._convolutional,
            "pointwise": self._pointwise,
            "residual": self._residual,
        }
        if self.form not in forms:
            raise ValueError(
                f"attention form {self.form!r}: expected one of {sorted(forms)}."
            )
        gate = self.param("gate", nn.initializers.zeros, ())
        return x + gate.astype(self.dtype) * forms[self.form](x, train)

    def _convolutional(self, x, train):
        channels = x.shape[-1]
        narrow = max(1, channels // 8)
        query = self._rectified("query", narrow, x, train)
        key = self._rectified("key", narrow, x, train)
        value = self._rectified("value", channels, x, train)
        return self._attend(query, key, value)

    def _rectified(self, role, features, x, train):
        y = self._conv(role, features, x, train, size=4, use_bias=not self.norm)
        if self.norm:
            name = f"{role}_norm"
            norm = BatchNorm(groups=self.groups, dtype=self.dtype, name=name)
            y = norm(y, train=train, batch_statistics=self.batch_statistics_at_test)
        return nn.relu(y)

    def _pointwise(self, x, train):
        channels = x.shape[-1]
        narrow, half = max(1, channels // 8), max(1, channels // 2)
        query = self._conv("query", narrow, x, train)
        key = halved(self._conv("key", narrow, x, train))
        value = halved(self._conv("value", half, x, train))
        return self._conv("output", channels, self._attend(query, key, value), train)

    def _residual(self, x, train):
        channels = x.shape[-1]
        narrow = max(1, round(5 * channels / 18))
        x = nn.relu(self._conv("reduce", narrow, x, train))
        x = nn.relu(self._conv("middle", narrow, x, train, size=3))
        return self._conv("expand", channels, x, train)

    def _conv(self, name, features, x, train, *, size=1, use_bias=False):
        conv = Conv(
            features,
            kernel_size=size,
            use_bias=use_bias,
            spectral_norm=self.spectral_norm,
            dtype=self.dtype,
            name=name,
        )
        return conv(x, train=train)

    def _attend(self, query, key, value):
        b, h, w, _ = query.shape
        query, key, value = (a.reshape(b, -1, a.shape[-1]) for a in (query, key, value))
        if self.is_mutable_collection("intermediates"):
            self.sow("intermediates", "map", attention_map(query, key))
        return attend(query, key, value).reshape(b, h, w, -1)


def halved(x):
    """The largest of every 2 x 2 positions, an odd edge alone.

    In pairs, because XLA's pooling has a derivative that takes a CPU twenty times as
    long.
    """
    _, h, w, _ = x.shape
    edges = ((0, 0), (0, h % 2), (0, w % 2), (0, 0))
    x = jnp.pad(x, edges, constant_values=-jnp.inf)
    b, h, w, c = x.shape
    x = x.reshape(b, h // 2, 2, w, c)
    x = jnp.maximum(x[:, :, 0], x[:, :, 1]).reshape(b, h // 2, w // 2, 2, c)
    return jnp.maximum(x[:, :, :, 0], x[:, :, :, 1])
