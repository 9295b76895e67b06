"""Pictures are read upright, at any size, or refused by name."""

import builtins
import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from cmgan_jax.media import pictures
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.pictures import (
    crop_and_resize,
    decode_picture,
    squeeze,
    write_picture,
)
from cmgan_jax.signals.representation import Representation


def kind_of(path):
    with pytest.raises(MediaError, match=path.name) as raised:
        decode_picture(path)
    return raised.value.kind


def cut_off(path, share):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def test_colour_picture_is_read_exactly(tmp_path, noise_picture):
    picture = noise_picture()
    write_picture(tmp_path / "deep" / "a.png", picture)
    np.testing.assert_array_equal(decode_picture(tmp_path / "deep" / "a.png"), picture)


def test_exif_orientation_turns_the_picture(tmp_path, noise_picture):
    picture = noise_picture()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    Image.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    turned = decode_picture(tmp_path / "a.png")
    np.testing.assert_array_equal(turned, np.rot90(picture, -1))


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "gif"])
def test_truncated_picture(tmp_path, suffix, noise_picture):
    path = tmp_path / f"a.{suffix}"
    write_picture(path, noise_picture())
    cut_off(path, 0.6)
    assert kind_of(path) == "truncated"


def test_corrupt_and_non_finite_pictures(tmp_path, noise_picture):
    path = tmp_path / "a.png"
    write_picture(path, noise_picture())
    content = bytearray(path.read_bytes())
    content[200:400] = bytes(200)
    path.write_bytes(content)
    assert kind_of(path) == "unreadable"
    Image.fromarray(np.full((8, 8), np.nan, np.float32)).save(tmp_path / "nan.tiff")
    assert kind_of(tmp_path / "nan.tiff") == "non_finite"


def test_reduced_decoding_gives_nearly_the_same_picture(tmp_path):
    x = np.linspace(0, 255, 800)
    picture = np.stack(np.broadcast_arrays(x[None], x[:, None], 100.0), -1)
    path = tmp_path / "a.jpg"
    Image.fromarray(picture.astype(np.uint8)).save(path, quality=95)
    reduced = decode_picture(path, at_least=128)
    assert reduced.shape == (200, 200, 3)
    full = crop_and_resize(decode_picture(path), Representation())
    reduced = crop_and_resize(reduced, Representation())
    np.testing.assert_allclose(reduced.astype(int), full.astype(int), atol=3)


def test_centre_crop_keeps_the_middle_square():
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[:, 100:200] = 255
    cropped = crop_and_resize(picture, Representation())
    assert cropped.shape == (64, 64, 3)
    assert cropped.min() == 255


def test_resizing_averages_instead_of_skipping():
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[:, ::2] = 255
    resized = crop_and_resize(picture, Representation())
    np.testing.assert_allclose(resized[8:-8, 8:-8], 127.5, atol=3)


def test_original_crop_keeps_130_of_192_columns():
    frame = np.zeros((108, 192, 3), np.uint8)
    frame[:, 31:161] = 255
    original = Representation(image_crop="original")
    cropped = crop_and_resize(frame, original)
    assert cropped.min() == 255
    frame[:, 31:34] = 0
    assert crop_and_resize(frame, original)[:, 0].max() < 128
    large = np.repeat(np.repeat(frame, 10, axis=0), 10, axis=1)
    difference = crop_and_resize(large, original).astype(int) - crop_and_resize(
        frame, original
    )
    assert np.abs(difference).max() <= 40
    assert np.abs(difference).mean() < 1


def test_squeeze_keeps_every_edge():
    picture = np.full((100, 300, 3), 50, np.uint8)
    picture[:, :30] = picture[:, -30:] = 200
    squeezed = squeeze(picture, 64)
    assert squeezed.shape == (64, 64, 3)
    assert (squeezed[:, 0] == 200).all() and (squeezed[:, -1] == 200).all()


TURNS = {
    1: lambda shown: shown,
    2: np.fliplr,
    3: lambda shown: np.rot90(shown, 2),
    4: np.flipud,
    5: lambda shown: shown.swapaxes(0, 1),
    6: lambda shown: np.rot90(shown, 1),
    7: lambda shown: np.rot90(shown, 2).swapaxes(0, 1),
    8: lambda shown: np.rot90(shown, -1),
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff", "webp"])
def test_every_orientation_in_every_format(
    tmp_path, orientation, suffix, smooth_picture
):
    shown = smooth_picture()
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(TURNS[orientation](shown)))
    stored.save(tmp_path / f"a.{suffix}", exif=exif, quality=95)
    read = decode_picture(tmp_path / f"a.{suffix}")
    assert read.shape == shown.shape
    assert np.abs(read.astype(int) - shown).mean() < 4


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0" + b"\xff" * 40,
        b"Exif\0\0Exif\0\0II*\0\x08\0\0\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x63\0\0\0\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x02A\0\0\0\0\0\0\0",
    ],
)
def test_damaged_exif_is_passed_over(tmp_path, exif, smooth_picture):
    content = io.BytesIO()
    Image.fromarray(smooth_picture()).save(content, "JPEG", quality=95)
    content = content.getvalue()
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    (tmp_path / "a.jpg").write_bytes(content[:2] + segment + content[2:])
    read = decode_picture(tmp_path / "a.jpg")
    assert np.abs(read.astype(int) - smooth_picture()).mean() < 4


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "mpo"])
def test_of_an_animation_the_first_frame(tmp_path, suffix, smooth_picture):
    picture = Image.fromarray(smooth_picture())
    others = [Image.fromarray(255 - smooth_picture())] * 2
    path = tmp_path / f"a.{suffix}"
    picture.save(path, save_all=True, append_images=others, quality=95)
    assert np.abs(decode_picture(path).astype(int) - smooth_picture()).mean() < 6


def test_pictures_that_show_nothing(tmp_path):
    for size, kind in (((1, 1), "too_small"), ((2000, 2), "too_small")):
        Image.new("RGB", size, (10, 20, 30)).save(tmp_path / "a.png")
        assert kind_of(tmp_path / "a.png") == kind
    for suffix in ("png", "jpg"):
        Image.new("RGB", (300, 200), (10, 20, 30)).save(tmp_path / f"a.{suffix}")
        assert kind_of(tmp_path / f"a.{suffix}") == "blank"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html><p>403", "web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "export it as PNG"),
        (b"%PDF-1.7", "export its pages"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b"not a picture\n" * 50, "export it as PNG"),
    ],
)
def test_what_is_no_picture_is_called_what_it_is(tmp_path, content, said):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(MediaError, match=said) as raised:
        decode_picture(tmp_path / "a.jpg")
    assert raised.value.kind == "not_picture"


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "tiff"])
def test_a_damaged_header_is_no_other_format(tmp_path, suffix, smooth_picture):
    write_picture(tmp_path / f"a.{suffix}", smooth_picture())
    content = (tmp_path / f"a.{suffix}").read_bytes()
    (tmp_path / f"a.{suffix}").write_bytes(content[:12] + bytes(300))
    with pytest.raises(MediaError) as raised:
        decode_picture(tmp_path / f"a.{suffix}")
    assert raised.value.kind in ("unreadable", "truncated", "too_small")


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400)


def test_heic_without_pillow_heif_comes_with_a_way_out(tmp_path, monkeypatch):
    def without(name, *arguments, **options):
        if name == "pillow_heif":
            raise ImportError(name)
        return importing(name, *arguments, **options)

    importing = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    (tmp_path / "a.heic").write_bytes(HEIC)
    with pytest.raises(MediaError, match=r"pip install 'cmgan_jax\[heif\]'"):
        decode_picture(tmp_path / "a.heic")


def test_heic_with_pillow_heif(tmp_path, smooth_picture):
    pillow_heif = pytest.importorskip("pillow_heif")
    shown = Image.fromarray(smooth_picture(64, 96))
    pillow_heif.from_pillow(shown).save(tmp_path / "a.heic", quality=95)
    read = decode_picture(tmp_path / "a.heic")
    assert np.abs(read.astype(int) - np.asarray(shown)).mean() < 6
    (tmp_path / "a.heic").write_bytes(HEIC)
    with pytest.raises(MediaError, match="damaged or cut off"):
        decode_picture(tmp_path / "a.heic")


def test_too_many_pixels_are_refused_before_decoding(tmp_path, smooth_picture):
    """Four bytes a pixel: 13,000 x 13,000 took 2.9 GB."""
    write_picture(tmp_path / "a.png", smooth_picture())
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[16:24] = struct.pack(">II", 13_000, 13_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(MediaError, match="13000 x 13000 pixels, 169 million") as raised:
        decode_picture(tmp_path / "a.png")
    assert raised.value.kind == "out_of_limits"


def test_large_pictures_are_averaged_band_by_band(
    tmp_path, monkeypatch, smooth_picture
):
    picture = smooth_picture(203, 301)
    write_picture(tmp_path / "a.png", picture)
    monkeypatch.setattr(pictures, "KEPT_PIXELS", 10_000)
    monkeypatch.setattr(pictures, "_BAND_PIXELS", 5_000)
    read = decode_picture(tmp_path / "a.png")
    expected = np.asarray(Image.fromarray(picture).reduce(4))
    assert read.shape == expected.shape
    assert np.abs(read.astype(int) - expected).max() <= 1


@pytest.mark.slow
def test_a_large_jpeg_is_decoded_at_an_eighth_without_a_warning(tmp_path):
    """Over 89 megapixels Pillow warns without a file name, over 179 it refuses."""
    path = tmp_path / "a.jpg"
    shade = Image.linear_gradient("L").resize((14_000, 13_000))
    shade.save(path, quality=30)
    program = (
        "import pathlib, sys\n"
        "from cmgan_jax.media.pictures import decode_picture\n"
        "print(decode_picture(sys.argv[1]).shape)\n"
        # ru_maxrss would be that of this process, if it is larger.
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(status.split('VmHWM:')[1].split()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, path],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    shape, kilobytes = done.stdout.splitlines()
    assert shape == "(3250, 3500, 3)"
    assert int(kilobytes) < 600_000
