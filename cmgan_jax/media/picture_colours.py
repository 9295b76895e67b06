"""Pictures of every depth and colour model to 8-bit sRGB."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageCms

from cmgan_jax.media.errors import MediaError

ToRgb = Callable[[Image.Image], Image.Image]
_TIFF_BITS, _TIFF_PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
# Of a profile, the letters of its colour model -> the modes it may be applied to.
_PROFILE_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def to_rgb_of(picture: Image.Image, path: str) -> ToRgb:
    """How parts of this picture become RGB: the same for every part.

    Transparency is laid over white; grey of more than 8 bits is scaled by what its
    format can hold (floats by the smallest of 1, 255 and 65535 that holds them);
    colour profiles are applied; CMYK is inverted where no Adobe marker says that it is.

    Args:
      picture: loaded.
      path: for the error.

    Raises:
      MediaError: non_finite pixels.
    """
    to_8_bits = _to_8_bits_of(picture, path)
    apply_profile = _profile_of(picture)
    inverted = (
        picture.format == "JPEG"
        and picture.mode == "CMYK"
        and "adobe" not in picture.info
    )
    transparency = picture.has_transparency_data

    def to_rgb(part: Image.Image) -> Image.Image:
        if to_8_bits is not None:
            part = to_8_bits(part)
        if inverted:
            # Pillow takes every CMYK JPEG for one of Adobe's, whose inks are inverted.
            part = ImageChops.invert(part)
        if transparency:
            part = part.convert("RGBA")
            white = Image.new("RGBA", part.size, "white")
            part = Image.alpha_composite(white, part)
        if part.mode not in ("RGB", "L", "CMYK"):
            part = part.convert("RGB")
        return apply_profile(part).convert("RGB")

    return to_rgb


def _to_8_bits_of(picture: Image.Image, path: str) -> ToRgb | None:
    """How grey of more than 8 bits becomes 8 bits; None for other pictures."""
    if not (picture.mode.startswith("I") or picture.mode == "F"):
        return None
    highest = picture.getextrema()[1]
    if picture.mode == "F":
        _require_finite(picture, path)
        brightest = next((b for b in (1.0, 255.0, 65535.0) if highest <= b), highest)
    else:
        brightest = float(_brightest_integer(picture, highest))
    tags = getattr(picture, "tag_v2", {})
    white_is_zero = (
        picture.mode.startswith("I") and tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO
    )

    def to_8_bits(part: Image.Image) -> Image.Image:
        share = np.asarray(part, np.float32) / brightest
        share = 1.0 - share if white_is_zero else share
        levels = np.clip(np.rint(share * 255.0), 0, 255).astype(np.uint8)
        return Image.fromarray(levels)

    return to_8_bits


def _require_finite(picture: Image.Image, path: str) -> None:
    """Extrema would pass over NaN; looked at in bands, as a copy may not fit."""
    for top in range(0, picture.height, 64):
        band = picture.crop((0, top, picture.width, min(top + 64, picture.height)))
        if not np.isfinite(np.asarray(band)).all():
            reason = "has pixels that are NaN or infinite: export it again as PNG."
            raise MediaError(path, "non_finite", reason)


def _brightest_integer(picture: Image.Image, highest: int) -> int:
    bits = getattr(picture, "tag_v2", {}).get(_TIFF_BITS, (16,))
    bits = bits[0] if isinstance(bits, tuple) else bits
    if bits < 16:
        return 2**bits - 1
    return 65535 if highest <= 65535 else 2**31 - 1


def _profile_of(picture: Image.Image) -> ToRgb:
    """How the colours of a picture's profile become sRGB's.

    A profile that is damaged or of another colour model is passed over, as programs
    that show pictures do.
    """
    content = picture.info.get("icc_profile")
    if not content:
        return lambda part: part
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        mode = _PROFILE_MODES.get(profile.profile.xcolor_space)
        if mode is None or "sRGB" in (profile.profile.profile_description or ""):
            return lambda part: part
        srgb = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(profile, srgb, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return lambda part: part

    def apply(part: Image.Image) -> Image.Image:
        return ImageCms.applyTransform(part, transform) if part.mode == mode else part

    return apply
