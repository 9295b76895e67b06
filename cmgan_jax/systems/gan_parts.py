"""Everything static about the adversarial update of one system."""

import dataclasses

import jax.numpy as jnp
import optax
from flax import linen as nn
from jaxtyping import Array, Float

from cmgan_jax.nets.note_reader import NOTES, note_votes
from cmgan_jax.nets.posterior import Posterior
from cmgan_jax.nets.recogniser import Recogniser
from cmgan_jax.signals.direction import Direction
from cmgan_jax.training import losses
from cmgan_jax.training.augmentation import Variation
from cmgan_jax.training.batch import MISMATCHED, Needs

NOTE_SCALE = 3.0  # so that the one number of a note weighs what the code's many do


@dataclasses.dataclass(frozen=True)
class Conditioning:
    """What the adversarial losses do to the encoder.

    Attributes:
      trained: top-level names of the encoder's parameters that the generator's loss
        trains; empty for none.
      batch_statistics: whether the trunk normalises with the batch's statistics and
        moves its averages (the reference does) instead of using the averages.
    """

    trained: tuple[str, ...]
    batch_statistics: bool


@dataclasses.dataclass(frozen=True)
class GanParts:
    """Everything static about one system's update.

    Attributes:
      direction: what is turned into what.
      encoder: has methods features(x, train) and code(features, train).
      generator: maps (code [b 64], z [b q]) to [b h w c] in (-1, 1).
      discriminator: maps (x [b h w c], code) to logits [b].
      target_recogniser: of targets, frozen: `recognise` gives logits over the classes
        [b m] and the place among pairs; `place` is asked of sources' codes too.
      posterior: maps (target, code) to mean and log variance of z [b q].
      generator_optimizer: updates generator, posterior and encoder.
      discriminator_optimizer: updates the discriminator.
      conditioning: what the losses do to the encoder.
      loss: the adversarial loss.
      fake_weight: weight of generated pairs in the discriminator's loss.
      mismatched_weight: weight of mismatched pairs in the discriminator's loss; 0 shows
        it none.
      posterior_weight: weight of the posterior's divergence from noise. With it, the
        even rows of a batch are made with z of the posterior, and they alone are
        reconstructed; 0: every z is noise.
      prior_learnt: z of the other rows, and at test time, has the moments of what the
        posterior finds, instead of being standard normal.
      reconstruction_weight: weight of the mean absolute error of the generated target.
      classification_weight: weight of the cross-entropy that the run's own recogniser
        of targets, frozen, finds in the generated target; 0 for none.
      pair_weight: weight of `losses.pair_loss` between generated targets and the codes
        they were made from; 0 for none.
      note_weight: weight of `note_phase.note_loss` of generated targets; 0 for none.
      variation: of generated targets before that recogniser is asked about them.
      discriminator_varied: what the discriminator sees is varied so too (Zhao et al.
        2020), which keeps it from knowing a small training set by heart.
      discriminator_every: the discriminator learns at every n-th step (from step 0).
      notes: whether what the generator makes follows the note that is played: beside
        the code, generator, discriminator and posterior are told it.
      z_size: size of the noise vector z.
      average_decay: decay of the moving averages used to generate; 0 keeps none.
    """

    direction: Direction
    encoder: nn.Module
    generator: nn.Module
    discriminator: nn.Module
    target_recogniser: Recogniser
    posterior: Posterior
    generator_optimizer: optax.GradientTransformation
    discriminator_optimizer: optax.GradientTransformation
    conditioning: Conditioning
    loss: losses.AdversarialLoss
    fake_weight: float
    mismatched_weight: float
    posterior_weight: float
    prior_learnt: bool
    reconstruction_weight: float
    classification_weight: float
    pair_weight: float
    note_weight: float
    variation: Variation
    discriminator_every: int
    discriminator_varied: bool
    notes: bool
    z_size: int
    average_decay: float

    @property
    def recognises(self) -> bool:
        """Whether the generator's loss asks the recogniser of targets."""
        return bool(self.classification_weight or self.pair_weight)

    @property
    def condition_size(self) -> int:
        """Length of what the generator is told: the code, and the note if any."""
        return self.encoder.code_size + (NOTES if self.notes else 0)

    def condition(
        self, code: Float[Array, "b k"], pitch: Float[Array, " b"] | None
    ) -> Float[Array, "b p"]:
        """What generator, discriminator and posterior are told.

        Args:
          code: of the sources.
          pitch: MIDI note numbers that the sources play; not looked at without notes.
        """
        if not self.notes:
            return code
        return jnp.concatenate([code, NOTE_SCALE * note_votes(pitch, width=0.6)], -1)

    def code(self, condition: Float[Array, "b p"]) -> Float[Array, "b k"]:
        """The code in what the generator is told."""
        return condition[:, : self.encoder.code_size]

    @property
    def needs(self) -> Needs:
        """What the update reads of the data."""
        mismatched = (MISMATCHED + self.direction.target,)
        return Needs(
            anchor=self.direction.source,
            fields=(
                self.direction.source,
                self.direction.target,
                *(mismatched if self.mismatched_weight else ()),
            ),
            pitch=bool(self.notes or self.note_weight),
        )
