"""What papers of this field print of test accuracy, and how it was measured."""

import dataclasses

from scipy import stats


@dataclasses.dataclass(frozen=True)
class Published:
    """One system's test accuracies on Sub-URMP, as printed.

    Attributes:
      system: name and source.
      ours: the configuration that computes the same here, or "".
      s2i: sound to image, in [0, 1].
      i2s: image to sound, in [0, 1].
      n: test items; None where the paper does not say.
      protocol: who judged what.
    """

    system: str
    ours: str
    s2i: float
    i2s: float
    n: int | None
    protocol: str

    def interval(self, direction: str) -> tuple[float, float] | None:
        """Wilson's 95 % interval; None where the number of items is not known."""
        if self.n is None:
            return None
        right = round(getattr(self, direction) * self.n)
        ends = stats.binomtest(right, self.n).proportion_ci(method="wilson")
        return float(ends.low), float(ends.high)


_OWN_BATCH = "one batch of 64, the run's own classifier"
PUBLISHED = (
    Published(
        "S2IC and I2S, Chen et al. 2017",
        "chen2017",
        0.7556,
        0.1117,
        None,
        "own classifier, best epoch",
    ),
    Published(
        "CMCGAN, Hao et al. 2018", "cmcgan", 0.7661, 0.5189, None, "own classifier"
    ),
    Published(
        "SA-CMGAN, Tan et al. 2020", "sa_cmgan", 0.84375, 0.59375, 64, _OWN_BATCH
    ),
    Published(
        "SA-CMGAN without attention, Tan et al. 2020",
        "no_attention",
        0.79688,
        0.234375,
        64,
        _OWN_BATCH,
    ),
)
