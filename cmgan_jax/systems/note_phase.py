"""A phase that trains no network: it keeps items, and learns to read their notes."""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Float32, Int, UInt8

from cmgan_jax.nets import note_reader
from cmgan_jax.systems.interface import Finished, Phase, Task
from cmgan_jax.training.batch import Needs
from cmgan_jax.training.state import SourcesState, Tree, keep_batch

NOTE_READERS = "note_readers"  # of sources, which are asked when something is made
TARGET_READERS = "target_readers"  # what is made is to please them
_SHARPNESS = 10.0  # of votes, which differ by 1 at most
# Pixels to the right and down that items are moved by, to be known so too: where people
# sit differs a little, when notes begin, and how high they are does not.
MOVES = {
    "image": ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)),
    "sound": ((0, 0), (1, 0), (-1, 0)),
}
NO_NOTE = -1.0  # NaN would be taken for a state that went wrong


def note_phase(
    name: str,
    modality: str,
    *,
    task: Task,
    items: int,
    edges: int,
    axes: int,
    few: int,
    batch_size: int,
    seed: int,
) -> Phase:
    """The phase; its inference variables are the readers of all classes, stacked.

    Every step keeps its batch. As the classes of the data take turns by chance, the
    phase keeps a fifth more than `items` of each ask for.

    Args:
      name: of the phase.
      modality: whose notes are read.
      task: its shape, and the classes.
      items: of each class, that a reader learns from.
      edges: that a reader looks at.
      axes: along which it compares them, see `note_reader.learn`; with any, it knows
        the items moved a little too.
      few: items that it compares with then, at most.
      batch_size: items per step.
      seed: of the order of the items.
    """
    steps = -(-items * task.num_classes * 6 // (5 * batch_size))
    count = steps * batch_size
    moves = MOVES[modality] if axes else ((0, 0),)

    def init(root: jax.Array, finished: Finished) -> SourcesState:
        return SourcesState(
            step=jnp.zeros((), jnp.int32),
            items=jnp.zeros((count, *task.shape(modality)), jnp.uint8),
            label=jnp.zeros((count,), jnp.int32),
            pitch=jnp.full((count,), NO_NOTE),
        )

    def step(state: SourcesState, batch):
        keep = functools.partial(keep_batch, step=state.step)
        kept = SourcesState(
            step=state.step + 1,
            items=keep(state.items, batch[modality]),
            label=keep(state.label, batch["label"]),
            pitch=keep(state.pitch, jnp.nan_to_num(batch["pitch"], nan=NO_NOTE)),
        )
        return kept, {"known": 1 - jnp.isnan(batch["pitch"]).mean()}

    def inference(state: SourcesState) -> Tree:
        def learn(label):
            of_class = (state.label == label) & (state.pitch >= 0)
            rows = jnp.argsort(~of_class)[:items]
            pitch = jnp.where(of_class[rows], state.pitch[rows], jnp.nan)
            seen = [note_reader.all_edges(state.items[rows], *move) for move in moves]
            return note_reader.learn(seen, pitch, columns=edges, axes=axes, few=few)

        return jax.lax.map(learn, jnp.arange(task.num_classes))

    return Phase(
        name=name,
        steps=steps,
        batch_size=batch_size,
        needs=Needs(anchor=modality, fields=(modality,), pitch=True),
        seed=seed,
        order_seed=seed,
        init=init,
        step=step,
        inference=inference,
    )


def read_notes(
    readers: Tree, items: UInt8[Array, "b h w c"], label: Int[Array, " b"]
) -> Float32[Array, " b"]:
    """MIDI note numbers that items of some classes show.

    Args:
      readers: of all classes, as the phase leaves them.
      items: pictures or spectrograms.
      label: class of every item.
    """
    votes = _votes(readers, note_reader.all_edges(items), label)
    return note_reader.LOWEST_NOTE + votes.argmax(-1).astype(jnp.float32)


def note_loss(
    readers: Tree,
    x: Float[Array, "b h w c"],
    label: Int[Array, " b"],
    pitch: Float[Array, " b"],
) -> Float[Array, ""]:
    """Cross-entropy of the notes that items are to show and the votes of readers.

    Args:
      readers: of all classes, as the phase leaves them.
      x: pictures or spectrograms in [-1, 1].
      label: class of every item.
      pitch: MIDI numbers; items of NaN count nothing.
    """
    edges = note_reader.edges_between(0.5 * (x + 1.0))
    read = jax.nn.log_softmax(_SHARPNESS * _votes(readers, edges, label))
    wanted = note_reader.note_votes(pitch)
    total = wanted.sum(-1)
    each = -(wanted * read).sum(-1) / jnp.where(total > 0, total, 1.0)
    return each.sum() / jnp.maximum((total > 0).sum(), 1)


def _votes(readers, edges, label):
    """Votes of the readers of the items' own classes, [b m]."""
    # An item is looked at once: the derivative of a choice of edges costs most.
    looks = {
        name: readers[name][label] for name in note_reader.LOOKS if name in readers
    }
    x = jax.vmap(lambda own, one: note_reader.places(own, one[None])[0])(looks, edges)
    by_class = jax.lax.map(lambda reader: note_reader.votes_where(reader, x), readers)
    return jnp.take_along_axis(by_class, label[None, :, None], axis=0)[0]
