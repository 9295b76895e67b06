"""Damaged sounds and pictures by the thousand, each read in a process; JSON on stdout.

    python benchmarks/mutated_media.py --n=2000 --formats=wav,flac,jpg

Small valid files are made, then bytes are flipped, removed, repeated, or set to the
largest and smallest numbers, or the file is cut. Each is read as `prepare` reads it, in
a process with a limit on memory and time. Right is: read, or refused as MediaError.
"""

import io
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import av
import numpy as np
import soundfile
from absl import app, flags
from PIL import Image

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.pictures import crop_and_resize, decode_picture
from cmgan_jax.media.windows import windows_of
from cmgan_jax.signals.representation import Representation

_N = flags.DEFINE_integer("n", 2000, "Mutated files in all.", lower_bound=1)
_FORMATS = flags.DEFINE_list(
    "formats", "wav,flac,mp3,ogg,m4a,jpg,png,gif,webp,tiff", "Of these, evenly."
)
_SEED = flags.DEFINE_integer("seed", 0, "Chooses the mutations.")
_SECONDS = flags.DEFINE_float("seconds", 10.0, "A reader that takes longer hangs.")
_GIGABYTES = flags.DEFINE_float("gigabytes", 1.0, "Address space added to a process.")
_KEEP = flags.DEFINE_string("keep", None, "Folder for files that went wrong.")

_RATE = 22050
_SOUNDS = ("wav", "flac", "mp3", "ogg", "opus", "aiff", "m4a", "webm")
_PICTURES = ("jpg", "png", "gif", "webp", "tiff", "bmp", "avif", "jp2")
_NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def valid_files(name: str) -> list[bytes]:
    """Small files of a format, of several of its kinds."""
    if name in _SOUNDS:
        return _valid_sounds(name)
    if name in _PICTURES:
        return _valid_pictures(name)
    known = ", ".join((*_SOUNDS, *_PICTURES))
    raise app.UsageError(f"--formats={name} is unknown; known: {known}.")


def _valid_sounds(name: str) -> list[bytes]:
    seconds = np.arange(2 * _RATE) / _RATE
    tone = 0.4 * np.sin(2 * np.pi * 440 * seconds * (1 + seconds / 9))
    stereo = np.stack([tone, 0.5 * tone], axis=1)
    if name in ("m4a", "webm"):
        kinds = (("ipod", "aac", {}), ("ipod", "aac", {"movflags": "faststart"}))
        if name == "webm":
            kinds = (("webm", "libopus", {}),)
        return [_by_ffmpeg(tone, *kind) for kind in kinds]
    kinds = {
        "wav": (("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM")),
        "ogg": (("OGG", "VORBIS"),),
        "opus": (("OGG", "OPUS"),),
    }.get(name, ((name.upper(), None),))
    files = []
    for (container, subtype), samples in zip(kinds, (stereo, tone, tone), strict=False):
        rate = 24000 if subtype == "OPUS" else _RATE
        content = io.BytesIO()
        soundfile.write(content, samples, rate, format=container, subtype=subtype)
        files.append(content.getvalue())
    return files


def _by_ffmpeg(tone: np.ndarray, container: str, codec: str, options: dict) -> bytes:
    # An index in front is written by opening the file again.
    with tempfile.NamedTemporaryFile() as file:
        with av.open(file.name, "w", format=container, options=options) as output:
            stream = output.add_stream(codec, rate=48000, layout="mono")
            samples = tone[np.newaxis].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="flt", layout="mono")
            frame.sample_rate, frame.pts = 48000, 0
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return Path(file.name).read_bytes()


def _valid_pictures(name: str) -> list[bytes]:
    down, right = np.mgrid[0:1:90j, 0:1:120j]
    colours = 255 * np.stack([down, right, (3 * down * right) % 1], -1)
    picture = Image.fromarray(colours.astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    animated = {"save_all": True, "append_images": [picture.rotate(180)]}
    deep = Image.fromarray((colours[..., 0] * 257).astype(np.uint16))
    kinds = {
        "jpg": (
            (picture, "JPEG", {"exif": exif}),
            (picture, "JPEG", {"progressive": True}),
            (picture.convert("CMYK"), "JPEG", {}),
        ),
        "png": (
            (picture, "PNG", {"exif": exif}),
            (picture.quantize(16), "PNG", {"transparency": 3}),
            (deep, "PNG", {}),
        ),
        "gif": ((picture, "GIF", {}), (picture, "GIF", animated)),
        "webp": (
            (picture, "WEBP", {}),
            (picture, "WEBP", {"lossless": True, **animated}),
        ),
        "tiff": (
            (picture, "TIFF", {}),
            (picture, "TIFF", {"compression": "tiff_lzw"}),
            (picture, "TIFF", {"compression": "jpeg"}),
            (deep, "TIFF", {"compression": "tiff_adobe_deflate"}),
        ),
        "bmp": ((picture, "BMP", {}),),
        "avif": ((picture, "AVIF", {}),),
        "jp2": ((picture, "JPEG2000", {}),),
    }[name]
    files = []
    for image, container, options in kinds:
        content = io.BytesIO()
        image.save(content, container, **options)
        files.append(content.getvalue())
    return files


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    """One or a few damages of one sort."""
    damaged, sort = bytearray(content), rng.integers(6)
    size = len(damaged)
    if sort == 0:
        return bytes(damaged[: rng.integers(1, size)])
    if sort == 5:
        start, length = rng.integers(size), rng.integers(1, 2000)
        part = damaged[start : start + length]
        damaged[start : start + length] = b"" if rng.random() < 0.5 else part * 2
        return bytes(damaged)
    # Headers are where most goes wrong.
    reach = size if sort in (1, 2) else min(size, 512)
    for _ in range(rng.integers(1, 20)):
        at = int(rng.integers(reach))
        if sort in (1, 3):
            damaged[at] ^= 1 << rng.integers(8)
        else:
            number = int(rng.choice(_NUMBERS))
            width = int(rng.choice([1, 2, 4]))
            order = "big" if rng.random() < 0.5 else "little"
            field = (number & (1 << 8 * width) - 1).to_bytes(width, order)
            damaged[at : at + width] = field
    return bytes(damaged)


def read(path: str, name: str) -> str:
    """Reads a file as `prepare` does; "read" or the kind of its refusal."""
    representation = Representation()
    try:
        if name in _SOUNDS:
            for _, windows in windows_of(path, representation, 0.1):
                assert np.isfinite(windows).all()
        else:
            crop_and_resize(decode_picture(path, at_least=128), representation)
    except MediaError as error:
        assert error.reason and error.kind
        if name in _SOUNDS and error.kind in ("truncated", "damaged"):
            _read_rest(path, representation)
        return error.kind
    return "read"


def _read_rest(path: str, representation: Representation) -> None:
    """What is kept of a damaged sound, if anything, comes without damage."""
    try:
        for _ in windows_of(path, representation, 0.1, on_damage="keep"):
            pass
    except MediaError:
        pass


def read_apart(path: str, name: str) -> tuple[str, float]:
    """Reads in a process of its own.

    Returns:
      "read", a kind, "traceback: ...", "signal ..." or "hang"; and peak memory in MB.
    """
    receiving, sending = os.pipe()
    process = os.fork()
    if process == 0:
        _answer(path, name, sending)
    os.close(sending)
    ready, _, _ = select.select([receiving], [], [], _SECONDS.value)
    if not ready:
        os.kill(process, signal.SIGKILL)
    _, status, used = os.wait4(process, 0)
    said = os.read(receiving, 4000).decode()
    os.close(receiving)
    if not ready:
        said = "hang"
    elif os.WIFSIGNALED(status) and not said:
        said = f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return said, used.ru_maxrss / 1024


def _answer(path: str, name: str, sending: int) -> None:
    """The process's work: never returns."""
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    limit = now + int(_GIGABYTES.value * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        said = read(path, name)
    except BaseException:
        said = "traceback: " + traceback.format_exc()[-3000:]
    os.write(sending, said.encode())
    os._exit(0)


def try_format(name: str, count: int, folder: Path) -> dict:
    """Reads mutated files of a format and counts what came of it."""
    files = valid_files(name)
    path = folder / f"a.{name}"
    for content in files:
        path.write_bytes(content)
        if (said := read_apart(str(path), name)[0]) != "read":
            raise SystemExit(f"{name}: the valid file itself is not read: {said}")
    rng = np.random.default_rng([_SEED.value, *name.encode()])
    counts, wrong, peak, slowest = Counter(), [], 0.0, 0.0
    for i in range(count):
        path.write_bytes(mutate(files[i % len(files)], rng))
        begun = time.perf_counter()
        said, megabytes = read_apart(str(path), name)
        slowest = max(slowest, time.perf_counter() - begun)
        peak = max(peak, megabytes)
        first = said.split()[0].rstrip(":") if said else "nothing"
        counts[first] += 1
        if first in ("traceback", "signal", "hang", "nothing"):
            wrong.append(said[-600:])
            if _KEEP.value:
                kept = Path(_KEEP.value)
                kept.mkdir(parents=True, exist_ok=True)
                (kept / f"{i}.{name}").write_bytes(path.read_bytes())
    return {
        "files": count,
        "read": counts.pop("read", 0),
        "tracebacks": counts.pop("traceback", 0),
        "hangs": counts.pop("hang", 0),
        "crashes": counts.pop("signal", 0) + counts.pop("nothing", 0),
        "refused": dict(sorted(counts.items())),
        "peak_megabytes": round(peak),
        "slowest_seconds": round(slowest, 2),
        "wrong": wrong[:5],
    }


def main(_):
    names = _FORMATS.value
    with tempfile.TemporaryDirectory() as folder:
        result = {}
        for name in names:
            result[name] = try_format(name, -(-_N.value // len(names)), Path(folder))
            print(name, json.dumps(result[name]), file=sys.stderr)
    print(json.dumps({"seed": _SEED.value, "formats": result}, indent=2))


if __name__ == "__main__":
    app.run(main)
