"""Another sound for a film: its pictures stay as they are."""

import av
import numpy as np
import pytest
from PIL import Image

from cmgan_jax.media.dubbing import dub
from cmgan_jax.media.films import open_film
from cmgan_jax.media.sound_writing import write_wav

RATE = 22050


def packets(path):
    with av.open(str(path)) as opened:
        stream = opened.streams.video[0]
        return [
            (bytes(packet), packet.pts * packet.time_base)
            for packet in opened.demux(stream)
            if packet.size
        ]


@pytest.fixture
def sound(tmp_path):
    """A second and a half; a click at half a second."""
    samples = np.zeros(RATE * 3 // 2)
    samples[RATE // 2 : RATE // 2 + 200] = 0.9
    write_wav(tmp_path / "click.wav", samples, RATE)
    return tmp_path / "click.wav"


@pytest.fixture
def pictures():
    """By their ms, at an uneven pace."""
    draw = np.random.default_rng(0)
    return {
        ms: draw.integers(0, 256, (32, 48, 3), dtype=np.uint8)
        for ms in (200, 240, 400, 900, 1000, 1500)
    }


TURNED = (0, 65536, 0, -65536, 0, 0, 0, 0, 1073741824)


def test_h264_is_copied_packet_by_packet(write_film, pictures, sound, tmp_path):
    """The mistakes: pictures are encoded anew; the film's clock begins elsewhere."""
    write_film(tmp_path / "in.mkv", pictures, container="matroska", codec="libx264")
    dub(tmp_path / "in.mkv", sound, tmp_path / "out.mp4")
    before, after = packets(tmp_path / "in.mkv"), packets(tmp_path / "out.mp4")
    # Containers frame the same units differently: the sizes of all must agree.
    assert [len(content) for content, _ in before] == [len(c) for c, _ in after]
    first = before[0][1]
    assert [t - first for _, t in before] == pytest.approx([t for _, t in after])
    with av.open(str(tmp_path / "out.mp4")) as opened:
        loud = [
            f.time for f in opened.decode(audio=0) if abs(f.to_ndarray()).max() > 0.4
        ]
    assert abs(loud[0] - 0.5) < 2 * 1024 / RATE


def test_a_turned_film_stays_turned(write_film, pictures, sound, tmp_path):
    """The mistake: a copy forgets how the telephone was held."""
    write_film(tmp_path / "in.mp4", pictures, codec="libx264", matrix=TURNED)
    dub(tmp_path / "in.mp4", sound, tmp_path / "out.mp4")
    for name in ("in.mp4", "out.mp4"):
        with open_film(tmp_path / name) as film:
            assert film.at(0.0).shape == (48, 32, 3)


@pytest.mark.parametrize("kind", ["film", "frames"])
def test_what_browsers_do_not_play_is_encoded(
    kind, write_film, pictures, sound, tmp_path
):
    if kind == "film":
        write_film(tmp_path / "in.mp4", pictures, codec="mpeg4")
        dub(tmp_path / "in.mp4", sound, tmp_path / "out.mp4")
    else:
        (tmp_path / "in").mkdir()
        for ms, picture in pictures.items():
            Image.fromarray(picture).save(tmp_path / "in" / f"{ms:04d}.png")
        dub(tmp_path / "in", sound, tmp_path / "out.mp4", frames_per_second=4.0)
    with av.open(str(tmp_path / "out.mp4")) as opened:
        stream = opened.streams.video[0]
        assert (stream.codec.name, stream.height, stream.width) == ("h264", 32, 48)
        length = float(stream.duration * stream.time_base)
    assert abs(length - 1.4) < 0.15
