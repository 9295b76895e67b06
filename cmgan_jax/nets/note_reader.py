"""Reads the note that is played off pictures and spectrograms, without a network.

Kernel ridge regression (Saunders et al. 1998) on edges that matter: rooms, clothes,
instruments, microphones differ from song to song, so edges are weighted by how much of
their variance the pitch explains, and may be compared along the axes in which votes
change most. It is learnt in closed form from a few hundred items of one class, where a
network of this project's sizes learns the rooms (WORKSPACE.md).
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import jax.scipy.linalg
from jax import lax
from jaxtyping import Array, Float, Float32, UInt8

Reader = dict[str, Array]  # what one class is read by
LOOKS = ("kept", "weight", "axes")  # of that, how it looks at an item; axes if any
LOWEST_NOTE = 21  # MIDI number of a piano's lowest key
NOTES = 88  # its keys, the notes that are told apart
_WIDTH = 0.8  # semitones over which an item votes for the notes around its own
_RIDGE = 0.01
_FIRST = 1200  # items that a reader is compared with whose axes are sought
_ASKED = 256  # items that distances, and changes of votes, are looked at from
_SUMS = 8  # of votes, whose gradients are taken there
_STRETCH = 0.25  # power of the share in what changes that axes are scaled by
_SETTLING = 1e-3  # beside a kernel's ones, so that it has a root
_LEAST = 1e-4  # keeps the slope of a root finite where there is no edge
_ROUNDING = 1e-6  # of shares of variance
_NARROWEST = 1e-4  # width of a kernel; half precision holds it
_TINY = 1e-12


def note_votes(
    pitch: Float[Array, " n"], *, width: float = _WIDTH
) -> Float32[Array, "n m"]:
    """How near each of the notes is to a pitch, 1 where they agree.

    Args:
      pitch: MIDI numbers; NaN where no note is known, which votes for none.
      width: semitones after which a vote has fallen to exp(-1/2).
    """
    notes = jnp.arange(LOWEST_NOTE, LOWEST_NOTE + NOTES)[None]
    away = (pitch[:, None] - notes) / width
    return jnp.nan_to_num(jnp.exp(-0.5 * away**2)).astype(jnp.float32)


def all_edges(
    items: UInt8[Array, "n h w c"], side: int = 0, down: int = 0
) -> Float32[Array, "n f"]:
    """Edges of items of even height and width.

    Args:
      items: pictures or spectrograms.
      side: pixels that they are moved to the right first.
      down: and down.
    """
    moved = jnp.roll(items.astype(jnp.float32) / 255, (down, side), axis=(1, 2))
    return edges_between(moved)


def edges_between(x: Float32[Array, "n h w c"]) -> Float32[Array, "n f"]:
    """Edges of four directions in cells of 2 x 2 pixels, flat; colours evened out.

    Args:
      x: pictures or spectrograms of even height and width, in [0, 1].
    """
    x = x / (x.mean(axis=(1, 2), keepdims=True) + 0.1)
    right = jnp.pad(jnp.diff(x, axis=2), [(0, 0), (0, 0), (1, 0), (0, 0)])
    down = jnp.pad(jnp.diff(x, axis=1), [(0, 0), (1, 0), (0, 0), (0, 0)])
    # Directions one by one, halves added: on a processor a third of a mean's time.
    each = [_in_cells(edges) for edges in (right, -right, down, -down)]
    return jnp.concatenate(each, axis=-1).reshape(x.shape[0], -1)


def _in_cells(edges):
    root = jnp.sqrt(jnp.clip(edges, 0, 1) + _LEAST) - _LEAST**0.5
    n, h, w, c = root.shape
    rows = root.reshape(n, h // 2, 2, w // 2, 2 * c)
    rows = rows[:, :, 0] + rows[:, :, 1]
    return (rows[..., :c] + rows[..., c:]) / 4


def learn(
    seen: Sequence[Float32[Array, "n f"]],
    pitch: Float[Array, " n"],
    *,
    columns: int,
    axes: int = 0,
    few: int = 0,
) -> Reader:
    """What reads one class's notes off items like these.

    Args:
      seen: of items of one class, such as their edges, and the same of them moved a
        little, as far as they are to be known so too.
      pitch: MIDI numbers; items of NaN are left out.
      columns: that are looked at: those that tell most.
      axes: along which these are compared: those along which the votes of a first
        reader change most. A reader reads better so, takes less room and is asked
        sooner; 0: every column is one.
      few: items that others are then compared with, at most.

    Returns:
      Arrays, for `votes`. Where fewer than two notes are known the votes are the same
      for every item.
    """
    known = ~jnp.isnan(pitch)
    weight = relevance(seen[0], pitch)
    kept = jnp.argsort(weight)[-columns:]
    weight = weight[kept] / (weight.mean() + _TINY)
    x = jnp.concatenate([each[:, kept] * weight[None] for each in seen])
    known = jnp.tile(known, len(seen)).astype(jnp.float32)
    vote = jnp.tile(note_votes(pitch), (len(seen), 1))
    mean = vote.sum(0) / jnp.maximum(known.sum(), 1)
    reader = {"kept": kept, "weight": weight, "mean": mean}
    missing = known[:, None] * (vote - mean[None])  # in the mean votes
    if not axes:
        return {**reader, **_compared_with_all(x, missing, known)}
    first = _compared_with_few(x, missing, known, _FIRST)
    reader["axes"] = _axes_of_change(first, x, known)[:, :axes]
    x = _product(x, reader["axes"])
    return {**reader, **_compared_with_few(x, missing, known, few)}


def votes(reader: Reader, seen: Float32[Array, "n f"]) -> Float32[Array, "n m"]:
    """Votes of a reader for each note: the greatest is the note that is read.

    Args:
      reader: of one class.
      seen: of items that may show its notes, the same that it learnt from.
    """
    return votes_where(reader, places(reader, seen))


def places(reader: Reader, seen: Float32[Array, "n f"]) -> Float32[Array, "n p"]:
    """Where a reader compares items that are seen so; only LOOKS are asked for."""
    x = seen[:, reader["kept"]] * reader["weight"][None]
    return _product(x, reader["axes"]) if "axes" in reader else x


def votes_where(reader: Reader, x: Float32[Array, "n p"]) -> Float32[Array, "n m"]:
    """`votes` for items whose places are known."""
    near = jnp.exp(-_squares(x, reader["items"]) / reader["width"])
    return _product(near, reader["solved"]) + reader["mean"][None]


def relevance(x: Float[Array, "n f"], pitch: Float[Array, " n"]) -> Float[Array, " f"]:
    """Share of each column's variance that the note explains beyond chance."""
    known = ~jnp.isnan(pitch)
    count = known.sum()
    mean = jnp.where(known[:, None], x, 0).sum(0) / jnp.maximum(count, 1)
    x = jnp.where(known[:, None], x - mean[None], 0)
    total = (x**2).sum(0)
    total = total + 1e-3 * total.mean() + _TINY
    note = jnp.where(known, jnp.round(pitch), 0).astype(jnp.int32)
    one_note = jax.nn.one_hot(note - LOWEST_NOTE, NOTES)
    one_note = jnp.where(known[:, None], one_note, 0)
    of_note = one_note.sum(0)
    sums = _product(one_note.T, x)
    between = (sums**2 / jnp.maximum(of_note, 1)[:, None]).sum(0)
    chance = ((of_note > 0).sum() - 1) / jnp.maximum(count - 1, 1)
    chance = jnp.clip(chance, 0, 0.99)
    explained = (between / total - chance) / (1 - chance)
    return jnp.where(explained > _ROUNDING, explained, 0.0)


def _compared_with_all(x, missing, known):
    """Kernel ridge regression on every item, [n p] to what is missing [n m]."""
    squares = _squares(x, x)
    pairs = known[:, None] * known[None]
    width = jnp.nanmedian(jnp.where(pairs > 0, squares, jnp.nan))
    width = jnp.maximum(jnp.nan_to_num(width), _NARROWEST)
    # Items that are left out are like no other, and vote for nothing.
    kernel = pairs * jnp.exp(-squares / width) + _RIDGE * jnp.eye(len(x))
    solved = jax.scipy.linalg.solve(kernel, missing, assume_a="pos")
    return {"items": x, "width": width, "solved": solved}


def _compared_with_few(x, missing, known, count):
    """The same on some of the items, that all are compared with.

    The subset of regressors (Rasmussen and Williams 2006, 8.3.1), in axes in which the
    kernel of those items is the identity, as single precision asks.
    """
    count = min(count, len(x))
    few = _known_rows(x, known, count)
    squares = _squares(x, few)
    some = _known_rows(squares, known, min(_ASKED, len(x)))
    width = jnp.maximum(jnp.median(some), _NARROWEST)
    near = known[:, None] * jnp.exp(-squares / width)
    kernel = jnp.exp(-_squares(few, few) / width) + _SETTLING * jnp.eye(count)
    root = jnp.linalg.cholesky(kernel)
    near = jax.scipy.linalg.solve_triangular(root, near.T, lower=True)
    square = _product(near, near.T) + _RIDGE * jnp.eye(count)
    solved = jax.scipy.linalg.solve(square, _product(near, missing), assume_a="pos")
    solved = jax.scipy.linalg.solve_triangular(root.T, solved, lower=False)
    return {"items": few, "width": width, "solved": solved}


def _axes_of_change(reader, x, known):
    """Axes along which votes change most about the items, scaled by how much, [f f].

    Those of the average outer product of gradients (Radhakrishnan et al. 2024), here of
    random sums of votes. Axes of the items themselves would be those of rooms.
    """

    def slopes(at):
        one, key = at
        near = jnp.exp(-_squares(one[None], reader["items"])[0] / reader["width"])
        sums = jax.random.normal(key, (NOTES, _SUMS))
        pull = near[:, None] * _product(reader["solved"], sums)
        return _product(pull.T, reader["items"]) - pull.sum(0)[:, None] * one[None]

    asked = _known_rows(x, known, min(_ASKED, len(x)))
    keys = jax.random.split(jax.random.key(0), len(asked))
    change = lax.map(slopes, (asked, keys), batch_size=16).reshape(-1, x.shape[1])
    size, axes = jnp.linalg.eigh(_product(change.T, change))
    share = jnp.maximum(size, 0) / jnp.maximum(size[-1], _TINY)
    return (axes * share[None] ** _STRETCH)[:, ::-1]


def _known_rows(x, known, count):
    """Rows from all over those that are known; of none, any."""
    known_first = jnp.argsort(known <= 0)
    last = jnp.maximum(known.sum() - 1, 0)
    return x[known_first[jnp.linspace(0, last, count).astype(jnp.int32)]]


def _squares(x, known):
    norms = (x**2).sum(1)[:, None] + (known**2).sum(1)[None]
    return norms - 2 * _product(x, known.T)


def _product(x, y):
    # An accelerator rounds factors to bfloat16 unless told not to.
    return jnp.matmul(x, y, precision=lax.Precision.HIGHEST)
