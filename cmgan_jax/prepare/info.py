"""What TFDS is told of a data set's rows."""

import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow_datasets as tfds

from cmgan_jax.data.integrity import seal
from cmgan_jax.signals.representation import Representation


class SealedInfo(tfds.core.DatasetInfo):
    """TFDS' description of a data set, whose files are the last that are written."""

    def write_to_directory(self, dataset_info_dir, all_metadata=True) -> None:
        """Writes dataset_info.json and features.json, and their digests."""
        super().write_to_directory(dataset_info_dir, all_metadata=all_metadata)
        seal(pathlib.Path(dataset_info_dir))


def describe_rows(
    builder: tfds.core.DatasetBuilder,
    representation: Representation,
    *,
    class_names: Sequence[str] | None,
) -> SealedInfo:
    """The features of every row and where they come from.

    Args:
      builder: has DESCRIPTION, HOMEPAGE and CITATION.
      representation: fixes the shapes.
      class_names: in label order; None while they are not known.
    """
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Tensor(
                shape=representation.image_shape, dtype=np.uint8
            ),
            "sound": tfds.features.Tensor(
                shape=representation.sound_shape, dtype=np.uint8
            ),
            "label": tfds.features.ClassLabel(names=class_names),
            "song": tfds.features.Scalar(np.int32),
            "performer": tfds.features.Scalar(np.int32),
            "time_ms": tfds.features.Scalar(np.int32),
            "pitch": tfds.features.Scalar(np.float32),
            "stem": tfds.features.Text(),
        }
    )
    return SealedInfo(
        builder=builder,
        description=builder.DESCRIPTION,
        features=features,
        supervised_keys=("sound", "image"),
        homepage=builder.HOMEPAGE or None,
        citation=builder.CITATION or None,
        metadata=tfds.core.MetadataDict(representation=representation.to_json()),
    )
