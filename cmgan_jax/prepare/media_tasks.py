"""Tasks that read media files and turn them into rows, in worker processes."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, UInt8

from cmgan_jax.data.items import Items, Split, make_items
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.films import is_film
from cmgan_jax.prepare import moments
from cmgan_jax.prepare.moments import Moments
from cmgan_jax.prepare.plan import Defect, Heard, Produced
from cmgan_jax.signals.representation import Representation

_TYPICAL_WINDOWS = 10


@runtime_checkable
class Notes(Protocol):
    """Which notes a recording plays; picklable."""

    def pitches(
        self, starts_ms: list[int], representation: Representation
    ) -> Float32[np.ndarray, " m"]:
        """MIDI numbers of windows that start there, NaN where no note sounds."""


@dataclasses.dataclass(frozen=True)
class MediaFile:
    """One file to read, and what its name and place say.

    Attributes:
      path: where it is read from.
      shown: its path as the user knows it, relative to the source.
      stem: the name its rows get, unique within the split.
      song: index into the plan's songs.
      time_ms: start of its moment within the song in ms, -1 where unknown.
      strip: of a film, which part of its width is read, from the left and counted from
        0, and of how many equal ones.
      notation: of a recording, the notes that it plays; None where nobody says.
    """

    path: str
    shown: str
    stem: str
    song: int
    time_ms: int = -1
    strip: tuple[int, int] = moments.WHOLE
    notation: Notes | None = None


@dataclasses.dataclass(frozen=True)
class StemTask:
    """Pairs of one class; images[i] and sounds[i] are one moment.

    Attributes:
      label: index into the plan's class names.
      images: pictures or films.
      sounds: sounds, or pictures of sound. A film gives a row for every window of its
        sound, which may be the film itself; a picture goes with one window.
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
        pictures, sounds, heard = _Rows(), _Rows(), []
        defects: list[Defect] = []
        for image_file, sound_file in zip(self.images, self.sounds, strict=True):
            film = is_film(image_file.path)
            read = self._film if film else self._picture
            found = read(image_file, sound_file, representation, defects)
            if found is None:
                continue
            pitch = _pitches(sound_file, found, representation)
            told = {"named": film, "pitch": pitch}
            pictures.add(image_file, found.pictures, found.starts, **told)
            sounds.add(image_file, found.sounds, found.starts, **told)
            heard += _heard(sound_file, found)
        image = pictures.items(self.label, representation.image_shape)
        sound = sounds.items(self.label, representation.sound_shape)
        return Produced(Split(image, sound), tuple(defects), tuple(heard))

    def _picture(
        self,
        image_file: MediaFile,
        sound_file: MediaFile,
        representation: Representation,
        defects: list[Defect],
    ) -> Moments | None:
        """A picture, and one window of the sound of its name."""
        choose = functools.partial(moments.one_window, which=self.window)
        image = _read(moments.picture, image_file, representation, defects)
        sound = _read(choose, sound_file, representation, defects)
        if image is None or sound is None:
            return None
        return dataclasses.replace(sound, pictures=image.pictures)

    def _film(
        self,
        film: MediaFile,
        sound: MediaFile,
        representation: Representation,
        defects: list[Defect],
    ) -> Moments | None:
        """A picture for every window of the sound of the film's name."""
        try:
            return moments.film_and_sound(
                film.path, sound.path, representation, strip=film.strip
            )
        except MediaError as error:
            alone = ClassTask(self.label, (film,), (sound,)).produce(representation)
            both = [Defect(film.shown, error.kind, error.reason)]
            defects += alone.defects or both
            return None

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
      images: pictures, one row each, or films, a row every HOP_SECONDS.
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
        pictures, sounds, heard = _Rows(), _Rows(), []
        defects: list[Defect] = []
        for file in self.images:
            film = is_film(file.path)
            read = moments.film if film else moments.picture
            found = _read(read, file, representation, defects)
            if found is not None:
                pictures.add(file, found.pictures, found.starts, named=film)
        for file in self.sounds:
            found = _read(moments.sound, file, representation, defects)
            if found is not None:
                pitch = _pitches(file, found, representation)
                sounds.add(file, found.sounds, found.starts, named=True, pitch=pitch)
                heard += _heard(file, found)
        image = pictures.items(self.label, representation.image_shape)
        sound = sounds.items(self.label, representation.sound_shape)
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


class _Rows:
    """Rows of one modality and class, file by file."""

    def __init__(self):
        self._arrays: list[np.ndarray] = []
        self._stems: list[str] = []
        self._songs: list[int] = []
        self._times: list[int] = []
        self._pitches: list[float] = []

    def add(
        self,
        file: MediaFile,
        rows: UInt8[np.ndarray, "n h w c"],
        starts: list[int],
        *,
        named: bool,
        pitch: Sequence[float] = (),
    ) -> None:
        """Takes rows, each named by its file, and by its start in ms if so asked."""
        self._arrays.append(rows)
        names = [f"{file.stem}@{start}" for start in starts]
        self._stems += names if named else [file.stem]
        self._songs += [file.song] * len(starts)
        self._pitches += pitch or [np.nan] * len(starts)
        self._times += starts if file.time_ms < 0 else [file.time_ms]

    def items(self, label: int, shape: tuple[int, int, int]) -> Items:
        """All rows, of this shape also where there are none."""
        return make_items(
            np.concatenate([np.empty((0, *shape), np.uint8), *self._arrays]),
            label=label,
            stem=self._stems,
            song=self._songs,
            time_ms=self._times,
            pitch=self._pitches,
        )


def _pitches(
    file: MediaFile, found: Moments, representation: Representation
) -> list[float]:
    """Of every row of a recording whose notes are known; else nothing."""
    if file.notation is None:
        return []
    return file.notation.pitches(found.starts, representation).tolist()


def _heard(file: MediaFile, found: Moments) -> list[Heard]:
    """The account of a recording, none of a picture."""
    if found.seconds is None:
        return []
    return [Heard(file.shown, found.seconds, found.used, found.notes)]


def _lost(
    files: Iterable[MediaFile], representation: Representation, kind: str, reason: str
) -> Produced:
    image = _Rows().items(0, representation.image_shape)
    sound = _Rows().items(0, representation.sound_shape)
    defects = [Defect(file.shown, kind, reason) for file in files]
    return Produced(Split(image, sound), tuple(defects))


def _read(
    read: Callable, file: MediaFile, representation: Representation, defects: list
) -> Moments | None:
    """What a function reads from a file, or None and one more defect."""
    try:
        return read(file.path, representation)
    except MediaError as error:
        defects.append(Defect(file.shown, error.kind, error.reason))
        return None
