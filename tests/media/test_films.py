"""The picture of a film at a moment: by its clock, upright, from the right stream."""

import av
import numpy as np
import pytest

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.films import is_film, open_film
from cmgan_jax.media.pictures import decode_picture, write_picture


def numbered(number):
    """A picture whose upper half says a number below 12; its lower half is black."""
    picture = np.zeros((32, 64, 3), np.uint8)
    picture[:16] = 20 + 20 * number
    return picture


def number_in(pixels):
    return None if pixels is None else round((float(pixels[4:12].mean()) - 20) / 20)


def seen(path, *moments):
    with open_film(path) as film:
        return [number_in(film.at(moment)) for moment in moments]


def kind_of(path, *moments):
    with pytest.raises(MediaError, match=path.name) as raised:
        seen(path, *moments)
    return raised.value.kind, raised.value.reason


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        *(("mp4", "mpeg4"), ("mov", "mpeg4"), ("matroska", "libx264")),
        *(("webm", "libvpx"), ("avi", "mjpeg"), ("mpegts", "libx264")),
    ],
)
def test_the_picture_shown_at_a_moment(tmp_path, write_film, container, codec):
    path = tmp_path / "take.bin"
    write_film(
        path,
        {40 * i: numbered(i) for i in range(10)},
        container=container,
        codec=codec,
    )
    assert is_film(path)
    moments = (0.0, 0.039, 0.04, 0.1, 0.1, 0.319, 0.32, 0.36)
    assert seen(path, *moments) == [0, 0, 1, 2, 2, 7, 8, 9]
    assert seen(path, 3.0) == [None]


def test_a_variable_rate_is_read_by_its_clock(tmp_path, write_film):
    """The mistake: frames are counted, and pictures run ahead of the sound."""
    times = (0, 10, 20, 30, 400, 410, 1000)
    path = tmp_path / "a.mp4"
    write_film(path, {ms: numbered(i) for i, ms in enumerate(times)})
    assert seen(path, 0.0, 0.1, 0.399, 0.4, 0.5, 0.999, 1.0) == [0, 3, 3, 4, 5, 5, 6]


def test_a_clock_that_does_not_begin_at_zero(tmp_path, write_film):
    path = tmp_path / "a.mkv"
    pictures = {5000 + 100 * i: numbered(i) for i in range(5)}
    write_film(path, pictures, container="matroska")
    assert seen(path, 0.0, 0.1, 0.3) == [0, 1, 3]


def test_a_clock_that_jumps_for_hours_is_damaged(tmp_path, write_film):
    """The mistake: a picture every 0.1 s for years."""
    path = tmp_path / "a.mkv"
    pictures = {0: numbered(0), 100: numbered(1), 8_000_000: numbered(2)}
    write_film(path, pictures, container="matroska")
    assert kind_of(path, 0.0, 0.1)[0] == "damaged"


def corners():
    """Four corners of different colours, wide, as a sensor sees them."""
    picture = np.zeros((32, 64, 3), np.uint8)
    picture[:16, :32, 0] = picture[:16, 32:, 1] = picture[16:, :32, 2] = 200
    picture[16:, 32:] = 200
    return picture


def names(pixels):
    """The colours of the corners, row by row."""
    named = {(1, 0, 0): "r", (0, 1, 0): "g", (0, 0, 1): "b", (1, 1, 1): "w"}
    height, width = pixels.shape[:2]
    places = [(y, x) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    found = [pixels[int(y * height), int(x * width)] > 100 for y, x in places]
    return "".join(named[tuple(map(int, colour))] for colour in found)


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ((1, 0, 0, 1), "rgbw"),
        ((0, 1, -1, 0), "brwg"),
        ((-1, 0, 0, -1), "wbgr"),
        ((0, -1, 1, 0), "gwrb"),
        ((-1, 0, 0, 1), "grwb"),
        ((0, 1, 1, 0), "rbgw"),
    ],
)
def test_a_phone_held_upright_is_seen_upright(tmp_path, write_film, turn, expected):
    """(a, b, c, d): a pixel at (x, y) is shown at (a x + c y, b x + d y)."""
    a, b, c, d = (65536 * part for part in turn)
    path = tmp_path / "a.mp4"
    matrix = (a, b, 0, c, d, 0, 0, 0, 1 << 30)
    write_film(path, {0: corners(), 100: corners()}, matrix=matrix)
    with open_film(path) as film:
        pixels = film.at(0.0)
    assert names(pixels) == expected
    assert pixels.shape == ((64, 32, 3) if turn[0] == 0 else (32, 64, 3))


def test_pixels_become_square(tmp_path, write_film):
    write_film(tmp_path / "a.mkv", {0: corners()}, container="matroska", ratio=2)
    with open_film(tmp_path / "a.mkv") as film:
        assert film.at(0.0).shape == (32, 128, 3)


@pytest.mark.parametrize("films", [0, 2])
def test_the_first_stream_that_is_no_cover(tmp_path, films):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w", format="mp4") as output:
        heard = output.add_stream("aac", rate=44100, layout="mono")
        streams = [output.add_stream("mjpeg", rate=10) for _ in range(1 + films)]
        streams[-1].disposition = av.stream.Disposition.attached_pic
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 64, 32, "yuvj420p"
        frame = av.AudioFrame.from_ndarray(
            np.ones((1, 4410), np.float32), "flt", "mono"
        )
        frame.sample_rate, frame.pts = 44100, 0
        output.mux(heard.encode(frame))
        output.mux(heard.encode(None))
        for number, stream in enumerate(streams):
            frame = av.VideoFrame.from_ndarray(numbered(3 + number))
            frame.pts = 0
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    if films:
        assert seen(path, 0.0) == [3]
    else:
        kind, reason = kind_of(path)
        assert kind == "not_picture" and "expected a stream of video" in reason


def test_where_the_sound_of_a_film_begins(tmp_path, write_film):
    pictures = {100 * i: numbered(i) for i in range(10)}
    tone = np.sin(np.arange(44100) / 10)
    path = tmp_path / "a.mkv"
    write_film(path, pictures, container="matroska", sound=tone, sound_ms=300)
    with open_film(path) as film:
        assert film.sound_start == pytest.approx(0.3, abs=0.002)


@pytest.mark.parametrize(
    ("content", "kind"), [("half", "truncated"), ("hole", "damaged")]
)
def test_damage_is_named(tmp_path, write_film, content, kind):
    path = tmp_path / "a.mkv"
    pictures = {100 * i: numbered(i) for i in range(10)}
    write_film(path, pictures, container="matroska", codec="mjpeg")
    whole = path.read_bytes()
    # A picture begins so, and what follows says its size.
    start = whole.find(b"\xff\xd8", len(whole) // 2)
    hole = whole[: start + 2] + bytes(600) + whole[start + 602 :]
    path.write_bytes({"half": whole[: len(whole) // 2], "hole": hole}[content])
    assert kind_of(path, 0.9)[0] == kind


def test_what_is_no_film(tmp_path):
    for name in ("a.png", "a.gif", "a.webp", "a.avif"):
        write_picture(tmp_path / name, numbered(3))
        assert not is_film(tmp_path / name)
    assert not is_film(tmp_path / "nowhere.mp4")


def test_a_film_where_a_picture_is_expected(tmp_path, write_film):
    write_film(tmp_path / "a.mp4", {0: numbered(0)})
    with pytest.raises(MediaError, match="takes pictures out of a film") as raised:
        decode_picture(tmp_path / "a.mp4")
    assert raised.value.kind == "not_picture"
