"""AIFF, AU, CAF, W64 and Ogg through libsndfile, in blocks.

Ogg too, because FFmpeg gives the end of a short Vorbis stream up to a thousand samples
too early or too late.
"""

import re
from collections.abc import Iterator

import numpy as np
import soundfile
from jaxtyping import Float

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.ogg import check_pages
from cmgan_jax.media.opening import MediaFile

_FIRST_BYTES = (b"FORM", b".snd", b"dns.", b"caff", b"riff", b"OggS")
# Stored samples, and what Ogg holds; the rest of these formats is FFmpeg's.
_CODECS = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW", "VORBIS", "OPUS")
# libsndfile reads what is there of a file cut short, and says so only in its log:
# "data : 44100 (should be 26442)".
_SHORT_CHUNK = re.compile(r": (\d+) \(should be (\d+)\)")
# Programs that write to a pipe cannot know the length and promise about 2 or 4 GiB.
_LENGTH_UNKNOWN = 0x7FFF0000
_BLOCK = 1 << 16


def open_sound(file: MediaFile) -> soundfile.SoundFile | None:
    """Opens a file of these formats; None where libsndfile is not to read it."""
    if not file.head.startswith(_FIRST_BYTES):
        return None
    try:
        sound = soundfile.SoundFile(file)
    except soundfile.LibsndfileError:
        file.seek(0)
        return None
    if sound.subtype.startswith(_CODECS):
        return sound
    sound.close()
    file.seek(0)
    return None


def read_samples(
    sound: soundfile.SoundFile, file: MediaFile
) -> Iterator[Float[np.ndarray, "t c"]]:
    """The samples to the end of the file, float32 in [-1, 1], in blocks.

    Raises:
      MediaError: at the end, truncated or damaged.
    """
    advice = "copy it again, or keep the part that is there."
    frames, count = max(1, _BLOCK // sound.channels), 0
    while True:
        try:
            block = sound.read(frames, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            said = error.error_string.rstrip(".")
            reason = f"after {count} samples it cannot be decoded ({said}): {advice}"
            raise MediaError(file.path, "damaged", reason) from error
        if len(block) == 0:
            break
        count += len(block)
        yield block
    for promised, held in _SHORT_CHUNK.findall(sound.extra_info):
        # Up to one chunk header of 8 bytes is a miscount that costs no sample.
        if int(held) + 8 < int(promised) < _LENGTH_UNKNOWN:
            reason = f"holds {held} of the {promised} bytes of sound promised: {advice}"
            raise MediaError(file.path, "truncated", reason)
    if sound.format == "OGG":
        pages = check_pages(file)
        for kind, clause in (("truncated", pages.missing), ("damaged", pages.damaged)):
            if clause:
                reason = f"{clause}; {count} samples are there: {advice}"
                raise MediaError(file.path, kind, reason)
    if count < sound.frames:
        reason = f"{count} of {sound.frames} samples can be decoded: {advice}"
        raise MediaError(file.path, "damaged", reason)
