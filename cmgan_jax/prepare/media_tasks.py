"""Tasks that read media files and turn them into rows, in worker processes."""

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
from jaxtyping import UInt8

from cmgan_jax.data.items import Split, make_items
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.log_mel import encode_windows
from cmgan_jax.media.pictures import crop_and_resize, decode_picture, squeeze
from cmgan_jax.media.sounds import sounding
from cmgan_jax.media.windows import loudest_window, windows_of
from cmgan_jax.prepare.plan import Defect, Produced
from cmgan_jax.signals.representation import Representation

HOP_SECONDS = 0.1
_TYPICAL_WINDOWS = 10


@dataclasses.dataclass(frozen=True)
class MediaFile:
    """One file to read, and what its name and place say.

    Attributes:
      path: where it is read from.
      shown: its path as the user knows it, relative to the source.
      stem: the name its rows get, unique within the split.
      song: index into the plan's songs.
      time_ms: start of its moment within the song in ms, -1 where unknown.
    """

    path: str
    shown: str
    stem: str
    song: int
    time_ms: int = -1


@dataclasses.dataclass(frozen=True)
class StemTask:
    """Pairs of one class; images[i] and sounds[i] are one moment.

    Attributes:
      label: index into the plan's class names.
      images: pictures.
      sounds: sounds, of which the loudest window is used, or pictures of sound.
    """

    label: int
    images: tuple[MediaFile, ...]
    sounds: tuple[MediaFile, ...]

    @property
    def expected(self) -> int:
        """Pairs, none of them bad."""
        return len(self.images)

    def produce(self, representation: Representation) -> Produced:
        """Reads both files of every pair, so that damage to either is named."""
        kept, images, moments, defects = [], [], [], []
        for image_file, sound_file in zip(self.images, self.sounds, strict=True):
            image = _read(_image, image_file, representation, defects)
            moment = _read(_moment, sound_file, representation, defects)
            if image is not None and moment is not None:
                kept.append(image_file)
                images.append(image)
                moments.append(moment)
        columns = {
            "label": self.label,
            "stem": [file.stem for file in kept],
            "song": [file.song for file in kept],
            "time_ms": [file.time_ms for file in kept],
        }
        image = make_items(_stack(images, representation.image_shape), **columns)
        sound = make_items(_stack(moments, representation.sound_shape), **columns)
        return Produced(Split(image, sound), tuple(defects))


@dataclasses.dataclass(frozen=True)
class ClassTask:
    """Pictures and recordings of one class that do not belong together.

    Attributes:
      label: index into the plan's class names.
      images: pictures, one row each.
      sounds: recordings, every HOP_SECONDS of which starts a row unless its window is
        silent, or pictures of sound, one row each.
    """

    label: int
    images: tuple[MediaFile, ...]
    sounds: tuple[MediaFile, ...]

    @property
    def expected(self) -> int:
        """Rows of the larger modality if recordings last about 1.4 s."""
        return max(len(self.images), _TYPICAL_WINDOWS * len(self.sounds))

    def produce(self, representation: Representation) -> Produced:
        """Reads every file."""
        defects: list[Defect] = []
        kept, images = [], []
        for file in self.images:
            image = _read(_image, file, representation, defects)
            if image is not None:
                kept.append(file)
                images.append(image)
        image = make_items(
            _stack(images, representation.image_shape),
            label=self.label,
            stem=[file.stem for file in kept],
            song=[file.song for file in kept],
        )
        sound = self._sound_items(representation, defects)
        return Produced(Split(image, sound), tuple(defects))

    def _sound_items(self, representation: Representation, defects: list[Defect]):
        arrays, stems, songs, times = [], [], [], []
        for file in self.sounds:
            read = _read(_moments, file, representation, defects)
            if read is None:
                continue
            rows, starts = read
            arrays.append(rows)
            stems += [f"{file.stem}@{start}" for start in starts]
            songs += [file.song] * len(starts)
            times += starts
        empty = np.empty((0, *representation.sound_shape), np.uint8)
        array = np.concatenate([empty, *arrays])
        return make_items(
            array, label=self.label, stem=stems, song=songs, time_ms=times
        )


def _read(
    read: Callable, file: MediaFile, representation: Representation, defects: list
):
    """What a function reads from a file, or None and one more defect."""
    try:
        return read(file.path, representation)
    except MediaError as error:
        defects.append(Defect(file.shown, error.kind, error.reason))
        return None


def _image(path: str, representation: Representation) -> UInt8[np.ndarray, "s s 3"]:
    # Twice the size leaves the resize something to average in a reduced JPEG.
    picture = decode_picture(path, at_least=2 * representation.image_size)
    return crop_and_resize(picture, representation)


def _moments(
    path: str, representation: Representation
) -> tuple[UInt8[np.ndarray, "n h w c"], list[int]]:
    """The rows of a sound or of a picture of sound, and their starts in ms [n]."""
    if representation.sound == "pictures":
        return _picture_of_sound(path, representation)[np.newaxis], [0]
    arrays, kept_starts = [], []
    for starts, windows in windows_of(path, representation, HOP_SECONDS):
        kept = sounding(windows)
        arrays.append(encode_windows(windows[kept], representation))
        kept_starts += starts[kept].tolist()
    return np.concatenate(arrays), kept_starts


def _moment(path: str, representation: Representation) -> UInt8[np.ndarray, "h w c"]:
    """The row of a sound's loudest window, or of a picture of sound."""
    if representation.sound == "pictures":
        return _picture_of_sound(path, representation)
    _, window = loudest_window(path, representation, HOP_SECONDS)
    return encode_windows(window[np.newaxis], representation)[0]


def _picture_of_sound(
    path: str, representation: Representation
) -> UInt8[np.ndarray, "s s 3"]:
    return squeeze(decode_picture(path), representation.image_size)


def _stack(
    rows: Iterable[np.ndarray], shape: tuple[int, int, int]
) -> UInt8[np.ndarray, "n h w c"]:
    """Rows of one shape as an array, also where there are none."""
    return np.array(list(rows), np.uint8).reshape(-1, *shape)
