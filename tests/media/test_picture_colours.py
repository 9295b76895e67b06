"""Depths, colour models, profiles and transparency become 8-bit sRGB."""

import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageCms

from cmgan_jax.media.pictures import decode_picture, write_picture


def test_grey_pictures_of_8_and_16_bits(tmp_path, noise_picture):
    grey = noise_picture(channels=1)
    write_picture(tmp_path / "8.png", grey)
    Image.fromarray(grey[..., 0].astype(np.uint16) * 257).save(tmp_path / "16.png")
    Image.fromarray(grey[..., 0].astype(np.float32) / 255).save(tmp_path / "f.tiff")
    for name in ("8.png", "16.png", "f.tiff"):
        expected = np.repeat(grey, 3, axis=2)
        np.testing.assert_array_equal(decode_picture(tmp_path / name), expected)


def test_cmyk_palette_and_transparency(tmp_path):
    red = Image.new("RGB", (32, 32), (255, 0, 0))
    red.paste((0, 0, 255), (16, 16, 32, 32))
    red.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    red.quantize(4).save(tmp_path / "palette.gif")
    half = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    half.putpixel((0, 0), (255, 0, 0, 255))
    half.save(tmp_path / "clear.png")
    for name in ("cmyk.jpg", "palette.gif"):
        pixel = decode_picture(tmp_path / name)[4, 4]
        np.testing.assert_allclose(pixel, (255, 0, 0), atol=6)
    clear = decode_picture(tmp_path / "clear.png")
    np.testing.assert_array_equal(clear[0, 0], (255, 0, 0))
    np.testing.assert_array_equal(clear[4, 4], (255, 255, 255))


def test_cmyk_without_adobes_marker_is_not_inverted(tmp_path, smooth_picture):
    """Pillow takes every CMYK JPEG for one of Adobe's and shows a negative."""
    inks = Image.fromarray(smooth_picture()).convert("CMYK")
    inks.save(tmp_path / "adobe.jpg", quality=95)
    read = decode_picture(tmp_path / "adobe.jpg").astype(int)
    assert np.abs(read - smooth_picture()).mean() < 4
    ImageChops.invert(inks).save(tmp_path / "inverse.jpg", quality=95)
    adobe = (tmp_path / "inverse.jpg").read_bytes()
    marker = adobe.index(b"\xff\xee")
    length = 2 + struct.unpack(">H", adobe[marker + 2 : marker + 4])[0]
    (tmp_path / "plain.jpg").write_bytes(adobe[:marker] + adobe[marker + length :])
    plain = decode_picture(tmp_path / "plain.jpg").astype(int)
    assert np.abs(plain - smooth_picture()).mean() < 4


def rgb16_png(pixels):
    """A PNG of 16 bits a channel, which Pillow cannot write."""

    def chunk(name, content):
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels.astype(">u2"))
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_depths_of_every_kind(tmp_path, noise_picture):
    colour = noise_picture()
    (tmp_path / "a.png").write_bytes(rgb16_png(colour.astype(np.uint16) * 257))
    np.testing.assert_array_equal(decode_picture(tmp_path / "a.png"), colour)
    grey = noise_picture(channels=1)[..., 0]
    expected = np.repeat(grey[..., np.newaxis], 3, axis=2)
    for scale in (1.0, 255.0, 65535.0):
        levels = grey.astype(np.float32) / 255 * scale
        Image.fromarray(levels).save(tmp_path / "f.tiff")
        np.testing.assert_array_equal(decode_picture(tmp_path / "f.tiff"), expected)
    for depth in (np.uint16, np.int32):
        Image.fromarray(grey.astype(depth) * 257).save(tmp_path / "i.tiff")
        np.testing.assert_array_equal(decode_picture(tmp_path / "i.tiff"), expected)
    bits = Image.fromarray(grey).convert("1")
    bits.save(tmp_path / "1.png")
    expected = np.asarray(bits.convert("RGB"))
    np.testing.assert_array_equal(decode_picture(tmp_path / "1.png"), expected)


def test_dark_16_bit_grey_stays_dark(tmp_path):
    """Scaled by its own maximum, a picture of night would become one of day."""
    dark = np.tile(np.arange(0, 6000, 100, dtype=np.uint16), (40, 1))
    Image.fromarray(dark).save(tmp_path / "a.png")
    read = decode_picture(tmp_path / "a.png")[..., 0]
    np.testing.assert_array_equal(read, np.rint(dark / 257).astype(np.uint8))


def test_16_bit_grey_whose_white_is_zero(tmp_path, noise_picture):
    grey = noise_picture(channels=1)[..., 0]
    inverse = 65535 - grey.astype(np.uint16) * 257
    Image.fromarray(inverse).save(tmp_path / "a.tiff", tiffinfo={262: 0})
    np.testing.assert_array_equal(decode_picture(tmp_path / "a.tiff")[..., 0], grey)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "a share", "an index"])
def test_transparency_of_every_kind_lies_over_white(tmp_path, mode, smooth_picture):
    picture = Image.fromarray(smooth_picture())
    alpha = Image.new("L", picture.size, 255)
    alpha.paste(0, (0, 0, 20, 40))
    path = tmp_path / "a.png"
    if mode in ("LA", "RGBA"):
        picture = picture.convert(mode)
        picture.putalpha(alpha)
        picture.save(path)
    else:
        picture.paste((255, 0, 255), (0, 0, 20, 40))
        picture = picture.quantize(16)
        index = picture.getpixel((5, 5))
        shares = bytes([255] * index + [0])
        picture.save(path, transparency=shares if mode == "a share" else index)
    read = decode_picture(path)
    assert (read[:, :20] == 255).all()
    assert read[:, 21:].std() > 10


def test_colour_profiles_become_srgb(tmp_path, smooth_picture):
    """A profile with red and green swapped shows whether it is applied."""
    picture = smooth_picture()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = bytearray(srgb)
    tags = {
        bytes(swapped[i : i + 4]): i
        for i in range(132, 132 + 12 * struct.unpack(">I", srgb[128:132])[0], 12)
    }
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    swapped = bytes(swapped).replace(b"sRGB built-in", b"swap built-in")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    Image.fromarray(picture).save(tmp_path / "a.png", icc_profile=swapped)
    read = decode_picture(tmp_path / "a.png").astype(int)
    assert np.abs(read - picture[..., [1, 0, 2]]).mean() < 4
    for profile in (srgb, b"no profile", srgb[:200]):
        Image.fromarray(picture).save(tmp_path / "b.png", icc_profile=profile)
        np.testing.assert_array_equal(decode_picture(tmp_path / "b.png"), picture)


def test_no_warning_escapes(tmp_path, smooth_picture):
    grey = Image.fromarray(smooth_picture()).quantize(8)
    grey.save(tmp_path / "a.png", transparency=bytes([0] + [255] * 7))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode_picture(tmp_path / "a.png")
    assert Image.MAX_IMAGE_PIXELS is not None
