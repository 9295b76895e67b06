"""Tasks that read media files and turn them into rows, in worker processes."""

import dataclasses
import functools
from collections.abc import Callable, Iterable

import numpy as np
from jaxtyping import UInt8

from cmgan_jax.data.items import Items, Split, make_items
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.log_mel import encode_windows
from cmgan_jax.media.pictures import crop_and_resize, decode_picture, squeeze
from cmgan_jax.media.sounds import sounding
from cmgan_jax.media.windows import first_window, loudest_window, windows_of
from cmgan_jax.prepare.plan import Defect, Heard, Produced
from cmgan_jax.signals.representation import Representation

HOP_SECONDS = 0.1
_TYPICAL_WINDOWS = 10
# Which window of a recording belongs to the picture of its name; of those not silent.
WINDOWS = {"loudest": loudest_window, "first": first_window}


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
      sounds: sounds, of which one window is used, or pictures of sound.
      window: which: "loudest", or the "first" that is not silent.
    """

    label: int
    images: tuple[MediaFile, ...]
    sounds: tuple[MediaFile, ...]
    window: str = "first"

    @property
    def expected(self) -> int:
        """Pairs, none of them bad."""
        return len(self.images)

    def produce(self, representation: Representation) -> Produced:
        """Reads both files of every pair, so that damage to either is named."""
        kept, images, rows, times, heard = [], [], [], [], []
        defects: list[Defect] = []
        choose = functools.partial(_one_moment, which=self.window)
        for image_file, sound_file in zip(self.images, self.sounds, strict=True):
            image = _read(_image, image_file, representation, defects)
            read = _read(choose, sound_file, representation, defects)
            if image is not None and read is not None:
                kept.append(image_file)
                images.append(image)
                rows += list(read.rows)
                times += read.starts if image_file.time_ms < 0 else [image_file.time_ms]
                heard += read.heard_of(sound_file)
        columns = {
            "label": self.label,
            "stem": [file.stem for file in kept],
            "song": [file.song for file in kept],
            "time_ms": times,
        }
        image = make_items(_stack(images, representation.image_shape), **columns)
        sound = make_items(_stack(rows, representation.sound_shape), **columns)
        return Produced(Split(image, sound), tuple(defects), tuple(heard))

    def parts(self) -> tuple["StemTask | ClassTask", ...]:
        """A task for every pair; of a single pair, one for each of its files."""
        if len(self.images) > 1:
            pairs = zip(self.images, self.sounds, strict=True)
            return tuple(
                dataclasses.replace(self, images=(image,), sounds=(sound,))
                for image, sound in pairs
            )
        return ClassTask(self.label, self.images, self.sounds).parts()

    def lost(self, representation: Representation, kind: str, reason: str) -> Produced:
        """No rows, and a defect for every file."""
        return _lost((*self.images, *self.sounds), representation, kind, reason)


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
        sound, heard = self._sound_items(representation, defects)
        return Produced(Split(image, sound), tuple(defects), tuple(heard))

    def parts(self) -> tuple["ClassTask", ...]:
        """A task for every file, none for a single one."""
        files = [((image,), ()) for image in self.images]
        files += [((), (sound,)) for sound in self.sounds]
        if len(files) == 1:
            return ()
        return tuple(
            dataclasses.replace(self, images=image, sounds=sound)
            for image, sound in files
        )

    def lost(self, representation: Representation, kind: str, reason: str) -> Produced:
        """No rows, and a defect for every file."""
        return _lost((*self.images, *self.sounds), representation, kind, reason)

    def _sound_items(
        self, representation: Representation, defects: list[Defect]
    ) -> tuple[Items, list[Heard]]:
        arrays, stems, songs, times, heard = [], [], [], [], []
        for file in self.sounds:
            read = _read(_moments, file, representation, defects)
            if read is None:
                continue
            arrays.append(read.rows)
            stems += [f"{file.stem}@{start}" for start in read.starts]
            songs += [file.song] * len(read.starts)
            times += read.starts
            heard += read.heard_of(file)
        empty = np.empty((0, *representation.sound_shape), np.uint8)
        array = np.concatenate([empty, *arrays])
        items = make_items(
            array, label=self.label, stem=stems, song=songs, time_ms=times
        )
        return items, heard


@dataclasses.dataclass(frozen=True)
class _Moments:
    """What a sound or a picture of sound gives.

    Attributes:
      rows: of its windows, or the picture.
      starts: of every row's moment, in ms.
      seconds: how long the sound lasts; None for pictures.
      used: seconds of it that lie in the window of a row.
      notes: sentences on what was done to the sound.
    """

    rows: UInt8[np.ndarray, "n h w c"]
    starts: list[int]
    seconds: float | None = None
    used: float = 0.0
    notes: tuple[str, ...] = ()

    def heard_of(self, file: MediaFile) -> list[Heard]:
        """The account of a recording, none of a picture."""
        if self.seconds is None:
            return []
        return [Heard(file.shown, self.seconds, self.used, self.notes)]


def _lost(
    files: Iterable[MediaFile], representation: Representation, kind: str, reason: str
) -> Produced:
    image = make_items(_stack([], representation.image_shape), label=0, stem=[])
    sound = make_items(_stack([], representation.sound_shape), label=0, stem=[])
    defects = [Defect(file.shown, kind, reason) for file in files]
    return Produced(Split(image, sound), tuple(defects))


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


def _moments(path: str, representation: Representation) -> _Moments:
    """Every window of a sound that is not silent, or one picture of sound."""
    if representation.sound == "pictures":
        return _picture_of_sound(path, representation)
    arrays, kept_starts, lengths, notes = [], [], [], []
    for starts, windows in windows_of(
        path, representation, HOP_SECONDS, lengths=lengths, notes=notes
    ):
        kept = sounding(windows)
        arrays.append(encode_windows(windows[kept], representation))
        kept_starts += starts[kept].tolist()
    [seconds] = lengths
    length = representation.window_seconds
    new = np.minimum(np.diff(kept_starts) / 1000, length).sum()
    rows = np.concatenate(arrays)
    used = float(new) + length
    return _Moments(rows, kept_starts, seconds, used, tuple(notes))


def _one_moment(path: str, representation: Representation, *, which: str) -> _Moments:
    """One window that is not silent, see WINDOWS, or one picture of sound."""
    if representation.sound == "pictures":
        return _picture_of_sound(path, representation)
    lengths: list[float] = []
    notes: list[str] = []
    start, window = WINDOWS[which](
        path, representation, HOP_SECONDS, lengths=lengths, notes=notes
    )
    rows = encode_windows(window[np.newaxis], representation)
    [seconds], used = lengths, representation.window_seconds
    return _Moments(rows, [start], seconds, used, tuple(notes))


def _picture_of_sound(path: str, representation: Representation) -> _Moments:
    picture = squeeze(decode_picture(path), representation.image_size)
    return _Moments(picture[np.newaxis], [0])


def _stack(
    rows: Iterable[np.ndarray], shape: tuple[int, int, int]
) -> UInt8[np.ndarray, "n h w c"]:
    """Rows of one shape as an array, also where there are none."""
    return np.array(list(rows), np.uint8).reshape(-1, *shape)
