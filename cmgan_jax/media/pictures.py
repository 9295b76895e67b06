"""Picture files to arrays as a person would see them, and back."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from cmgan_jax.media.errors import MediaError, only_media_errors
from cmgan_jax.media.foreign import is_damaged_picture, is_heif, why_no_picture
from cmgan_jax.media.opening import MediaFile, open_media
from cmgan_jax.media.picture_colours import to_rgb_of
from cmgan_jax.signals.representation import Representation

# SA-CMGAN's code keeps 108 x 130 pixels, the whole height of a 192 x 108 frame.
ORIGINAL_COLUMNS = (31 / 192, 161 / 192)
# Formats whose decoders hold one copy of the picture, 4 bytes a pixel in Pillow. JPEG
# is decoded at an eighth where it is larger than KEPT_PIXELS.
_FORMATS = (
    "BMP", "DIB", "GIF", "MPO", "JPEG", "PCX", "PNG", "PPM", "QOI", "SGI",
    "TGA", "TIFF",
)  # fmt: skip
# These hold four.
_GREEDY_FORMATS = ("AVIF", "HEIF", "JPEG2000", "PSD", "WEBP")
MOST_PIXELS = 100_000_000
MOST_PIXELS_GREEDY = 40_000_000
# A progressive JPEG keeps its coefficients, 6 bytes a pixel, whatever it is decoded at.
MOST_PIXELS_PROGRESSIVE = 80_000_000
# Larger pictures are halved, quartered and so on while they are decoded.
KEPT_PIXELS = 16_000_000
SHORTEST_SIDE = 8  # fewer pixels show nothing
# Within this, of 255, all pixels of a one-coloured picture lie after compression.
_BLANK_RANGE = 2
_BAND_PIXELS = 4_000_000
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_picture(
    path: str | os.PathLike, *, at_least: int | None = None
) -> UInt8[np.ndarray, "h w 3"]:
    """Reads any picture of Pillow as a person would see it.

    Turned upright by its EXIF orientation (damaged EXIF is passed over); transparency
    laid over white; grey, palette, CMYK, 16-bit and float pictures become 8-bit sRGB,
    by their colour profile where they have one; of an animation, the first frame. More
    than KEPT_PIXELS are averaged to fewer.

    Args:
      path: the file.
      at_least: a JPEG larger than this, in pixels of its shorter side, may be decoded
        at a half, quarter or eighth of its size, which is several times as fast.

    Returns:
      The picture, uint8 [h w 3].

    Raises:
      MediaError: truncated, unreadable, not_picture, not_regular, zero_length,
        non_finite, out_of_limits, too_small, blank or permission.
    """
    pixels = decode_frame(path, at_least=at_least)
    if is_blank(pixels):
        raise MediaError(
            path, "blank", f"shows nothing: one colour, {pixels[0, 0].tolist()}."
        )
    return pixels


def decode_frame(
    path: str | os.PathLike, *, at_least: int | None = None
) -> UInt8[np.ndarray, "h w 3"]:
    """As `decode_picture`, of one colour too: a frame of a film may be black."""
    with open_media(path) as file, only_media_errors(path), _pillow(file) as picture:
        _require_room(picture, file.path)
        _require_decodable(picture, file.path)
        if picture.format in ("JPEG", "MPO"):
            _decode_smaller(picture, at_least)
        picture.load()
        return np.asarray(_turned(picture, _to_rgb(picture, file.path)))


def is_blank(pixels: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Whether a picture shows one colour only, but for what compression makes of it."""
    return bool(np.ptp(pixels, axis=(0, 1)).max() <= _BLANK_RANGE)


@contextmanager
def _pillow(file: MediaFile) -> Iterator[Image.Image]:
    """Opens a picture; its size is checked by who called, and warnings are none.

    Pillow's own limit would refuse a JPEG that can be decoded at an eighth, and its
    warnings name no file.
    """
    if is_heif(file.head):
        _learn_heif()
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = None
        try:
            with Image.open(file, formats=_known_formats()) as picture:
                yield picture
        except UnidentifiedImageError as error:
            if is_damaged_picture(file.head):
                reason = (
                    "begins as a picture, but its header is damaged: copy it again."
                )
                raise MediaError(file.path, "unreadable", reason) from error
            reason = why_no_picture(file.head, heif_is_known="HEIF" in Image.OPEN)
            raise MediaError(file.path, "not_picture", reason) from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _known_formats() -> list[str]:
    """Of the formats above those that Pillow has here."""
    Image.init()
    return [name for name in (*_FORMATS, *_GREEDY_FORMATS) if name in Image.OPEN]


def _learn_heif() -> None:
    """Lets Pillow read HEIC, if pillow-heif is installed."""
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)


def _require_room(picture: Image.Image, path: str) -> None:
    width, height = picture.size
    if min(width, height) < SHORTEST_SIDE:
        raise MediaError(
            path,
            "too_small",
            f"has {width} x {height} pixels; {SHORTEST_SIDE} or more on each side are "
            "needed to show anything.",
        )


def _require_decodable(picture: Image.Image, path: str) -> None:
    """Refuses what takes more than about half a gigabyte to decode."""
    most, sort = MOST_PIXELS, picture.format
    if picture.format in _GREEDY_FORMATS:
        most = MOST_PIXELS_GREEDY
    elif picture.format in ("JPEG", "MPO"):
        if not picture.info.get("progressive"):
            return
        most, sort = MOST_PIXELS_PROGRESSIVE, "progressive JPEG"
    width, height = picture.size
    if width * height > most:
        raise MediaError(
            path,
            "out_of_limits",
            f"has {width} x {height} pixels, {width * height / 1e6:.0f} million; "
            f"{sort} is read up to {most // 1_000_000} million: make it smaller, or "
            "save it as baseline JPEG, which is read at any size.",
        )


def _decode_smaller(picture: Image.Image, at_least: int | None) -> None:
    """Asks for a JPEG at the smallest size that will do."""
    width, height = picture.size
    if at_least is not None and min(width, height) > at_least:
        picture.draft(None, (at_least, at_least))
    share = 1
    while width * height > share**2 * KEPT_PIXELS and share < 8:
        share *= 2
    if picture.size == (width, height) and share > 1:
        picture.draft(None, (width // share, height // share))


def _to_rgb(picture: Image.Image, path: str) -> Image.Image:
    """The whole picture in RGB, with KEPT_PIXELS at most, converted band by band.

    A whole picture of 100 million pixels and its copy in another mode would not fit.
    """
    to_rgb = to_rgb_of(picture, path)
    width, height = picture.size
    share = 1
    while width * height > share**2 * KEPT_PIXELS:
        share *= 2
    rows = max(share, _BAND_PIXELS // width // share * share)
    if share == 1 and rows >= height:
        return to_rgb(picture)
    result = Image.new("RGB", (-(-width // share), -(-height // share)))
    for top in range(0, height, rows):
        part = to_rgb(picture.crop((0, top, width, min(top + rows, height))))
        result.paste(part.reduce(share), (0, top // share))
    return result


def _turned(picture: Image.Image, result: Image.Image) -> Image.Image:
    """The result upright, as the picture's EXIF says if it can be read."""
    orientation = 1
    # Pillow's parser raises whatever damaged EXIF makes it meet.
    with suppress(Exception):
        orientation = picture.getexif().get(_ORIENTATION, 1)
    if orientation in _UPRIGHT:
        return result.transpose(_UPRIGHT[orientation])
    return result


def squeeze(
    picture: UInt8[np.ndarray, "h w 3"], size: int
) -> UInt8[np.ndarray, "s s 3"]:
    """The whole picture at size x size pixels, whatever its shape, without aliasing.

    Right by itself for pictures of sound, whose edges mean something.
    """
    resized = Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(resized)


def crop_and_resize(
    picture: UInt8[np.ndarray, "h w 3"], representation: Representation
) -> UInt8[np.ndarray, "s s 3"]:
    """Crops a picture as the representation says and shrinks it without aliasing.

    "centre" keeps the largest centred square. "original" takes the picture for a frame
    of 192 x 108, keeps its middle 130 columns and squeezes them to a square.

    Args:
      picture: uint8 [h w 3].
      representation: gives image_size and image_crop.

    Returns:
      uint8 [image_size image_size 3].
    """
    height, width = picture.shape[:2]
    if representation.image_crop == "original":
        left, right = (round(share * width) for share in ORIGINAL_COLUMNS)
        return squeeze(picture[:, left:right], representation.image_size)
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    return squeeze(square, representation.image_size)


def write_picture(path: str | os.PathLike, picture: UInt8[np.ndarray, "h w c"]) -> None:
    """Writes uint8 [h w 1] or [h w 3] in the format of the path's extension."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(path)
