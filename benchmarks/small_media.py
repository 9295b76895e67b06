"""Small valid sounds, pictures and archives of many formats, made from code."""

import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image

SOUNDS = ("wav", "flac", "mp3", "ogg", "opus", "aiff", "m4a", "webm")
PICTURES = ("jpg", "png", "gif", "webp", "tiff", "bmp", "avif", "jp2")
# And how a small one of each kind is made.
ARCHIVES = {
    "zip": ({"compression": zipfile.ZIP_STORED}, {"compression": zipfile.ZIP_DEFLATED}),
    "tar": ({"mode": "w"}, {"mode": "w:gz"}, {"mode": "w:xz"}),
}

_RATE = 22050


def valid_files(name: str) -> list[bytes]:
    """Small files of a format, of several of its kinds.

    Raises:
      ValueError: the format is unknown.
    """
    if name in SOUNDS:
        return _valid_sounds(name)
    if name in PICTURES:
        return _valid_pictures(name)
    if name in ARCHIVES:
        return [_valid_archive(name, **kind) for kind in ARCHIVES[name]]
    known = ", ".join((*SOUNDS, *PICTURES, *ARCHIVES))
    raise ValueError(f"format {name} is unknown; known: {known}.")


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


def _valid_archive(name: str, **kind) -> bytes:
    """Folders as `paired_folders` reads them: two classes of two pairs each."""
    content, sound, picture = io.BytesIO(), *(valid_files(n)[0] for n in ("wav", "png"))
    made = {}
    for stem in ("a/a1", "a/a2", "b/b1", "b/b2"):
        made |= {f"audio/{stem}.wav": sound, f"img/{stem}.png": picture}
    if name == "zip":
        with zipfile.ZipFile(content, "w", **kind) as archive:
            for path, inside in made.items():
                archive.writestr(path, inside)
        return content.getvalue()
    with tarfile.open(fileobj=content, **kind) as archive:
        for path, inside in made.items():
            member = tarfile.TarInfo(path)
            member.size = len(inside)
            archive.addfile(member, io.BytesIO(inside))
    return content.getvalue()
