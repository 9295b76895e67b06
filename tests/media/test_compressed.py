"""Compressed sounds and films are read to their end, whatever their header says."""

import struct

import av
import numpy as np
import pytest
import soundfile

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.sounds import decode_sound

RATE = 44100
SECONDS = 20
RNG = np.random.default_rng(0)


def tone(seconds, *, rate=RATE):
    """A chirp: every moment is like no other, so that what is lost shows."""
    times = np.arange(round(rate * seconds)) / rate
    return (0.5 * np.sin(2 * np.pi * (200 + 20 * times) * times)).astype(np.float32)


def kind_of(path, **options):
    with pytest.raises(MediaError, match=path.name) as raised:
        decode_sound(path, 22050, **options)
    return raised.value.kind


def likeness(waveform, seconds):
    """Largest correlation with the tone, whatever the codec's delay."""
    expected = tone(seconds, rate=22050)
    size = len(waveform) + len(expected)
    spectrum = np.fft.rfft(waveform, size) * np.conj(np.fft.rfft(expected, size))
    products = np.fft.irfft(spectrum, size)
    return products.max() / np.linalg.norm(waveform) / np.linalg.norm(expected)


def encode(path, container, codec, *, film=False, sound=True, seconds=2, options=None):
    """Writes a tone by FFmpeg, with pictures in front where it is to be a film."""
    with av.open(str(path), "w", format=container, options=options or {}) as output:
        pictures = output.add_stream("mpeg4", rate=25) if film else None
        stream = output.add_stream(codec, rate=48000, layout="mono") if sound else None
        if film:
            pictures.width = pictures.height = 64
            for i in range(25 * seconds):
                shade = np.full((64, 64, 3), 5 * i % 256, np.uint8)
                picture = av.VideoFrame.from_ndarray(shade)
                picture.pts = i
                output.mux(pictures.encode(picture))
            output.mux(pictures.encode(None))
        if sound:
            samples = tone(seconds, rate=48000)[np.newaxis]
            frame = av.AudioFrame.from_ndarray(samples, format="flt", layout="mono")
            frame.sample_rate, frame.pts = 48000, 0
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("container", "codec", "film"),
    [
        ("ipod", "aac", False),
        ("ipod", "alac", False),
        ("adts", "aac", False),
        ("webm", "libopus", False),
        ("mp4", "aac", True),
        ("mov", "aac", True),
        ("matroska", "libopus", True),
        ("avi", "pcm_s16le", True),
    ],
)
def test_what_phones_and_browsers_record(tmp_path, container, codec, film):
    path = tmp_path / "take.bin"
    encode(path, container, codec, film=film)
    waveform = decode_sound(path, 22050)
    assert 0 <= len(waveform) - 44100 < 2000
    assert likeness(waveform, 2) > 0.98


@pytest.mark.parametrize("container", ["ipod", "webm", "matroska"])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_what_was_cut_is_named(tmp_path, container, share):
    path = tmp_path / "take.bin"
    if container == "ipod":
        encode(path, container, "aac", options={"movflags": "faststart"})
    else:
        encode(path, container, "libopus")
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert kind_of(path) == "truncated"
    notes = []
    kept = decode_sound(path, 22050, on_damage="keep", notes=notes)
    assert 0.6 * share * 44100 < len(kept) < 44100 and notes


def test_a_film_cut_before_its_index_is_named(tmp_path):
    encode(tmp_path / "take.mp4", "mp4", "aac", film=True)
    content = (tmp_path / "take.mp4").read_bytes()
    (tmp_path / "take.mp4").write_bytes(content[: len(content) // 2])
    assert kind_of(tmp_path / "take.mp4") == "truncated"
    assert kind_of(tmp_path / "take.mp4", on_damage="keep") == "truncated"


def test_a_film_without_sound_is_none(tmp_path):
    encode(tmp_path / "take.mp4", "mp4", "", film=True, sound=False)
    assert kind_of(tmp_path / "take.mp4") == "not_audio"


def vbr(path):
    """An MP3 of 20 s and where its Xing header is."""
    samples = tone(SECONDS) * np.repeat(np.geomspace(1, 0.01, SECONDS), RATE)
    soundfile.write(path, samples, RATE, bitrate_mode="VARIABLE", compression_level=0.7)
    content = bytearray(path.read_bytes())
    at = max(content.find(b"Xing"), content.find(b"Info"))
    assert at > 0
    return content, at


def test_an_mp3_without_xing_header_is_read_to_its_end(tmp_path):
    """20 s were written; by the first frame's rate 6.3 s were read, without a word."""
    content, at = vbr(tmp_path / "a.mp3")
    content[at : at + 4] = bytes(4)
    (tmp_path / "a.mp3").write_bytes(content)
    waveform = decode_sound(tmp_path / "a.mp3", 22050)
    assert 0 <= len(waveform) - SECONDS * 22050 < 2000


@pytest.mark.parametrize("times", [0.5, 2])
def test_an_mp3s_number_of_frames_is_not_believed(tmp_path, times):
    content, at = vbr(tmp_path / "a.mp3")
    assert content[at + 7] & 1
    frames = struct.unpack(">I", content[at + 8 : at + 12])[0]
    content[at + 8 : at + 12] = struct.pack(">I", int(times * frames))
    (tmp_path / "a.mp3").write_bytes(content)
    waveform = decode_sound(tmp_path / "a.mp3", 22050)
    assert abs(len(waveform) - SECONDS * 22050) < 2000


@pytest.mark.parametrize("what", ["zeros", "id3v1", "ape", "cover"])
def test_what_players_put_around_an_mp3_is_no_damage(tmp_path, what):
    path = tmp_path / "a.mp3"
    soundfile.write(path, tone(2), RATE)
    content = path.read_bytes()
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0xA0000000) + bytes(8)
    cover = b"APIC" + struct.pack(">I", 300_000) + bytes(300_002)
    tag = b"ID3\3\0\0" + bytes([len(cover) >> s & 127 for s in (21, 14, 7, 0)])
    path.write_bytes(
        {
            "zeros": bytes(4000) + content,
            "id3v1": content + b"TAG" + bytes(125),
            "ape": content + ape,
            "cover": tag + cover + content,
        }[what]
    )
    waveform = decode_sound(path, 22050)
    assert abs(len(waveform) - 44100) < 10
    assert likeness(waveform, 2) > 0.99


def flac(path, *, total=None, seconds=3):
    """A FLAC file whose header states `total` samples."""
    soundfile.write(path, tone(seconds), RATE)
    content = bytearray(path.read_bytes())
    if total is not None:
        content[21] = content[21] & 0xF0 | total >> 32
        content[22:26] = (total & 0xFFFFFFFF).to_bytes(4)
    path.write_bytes(content)
    return content


@pytest.mark.parametrize("total", [0, 44100])
def test_a_flac_of_unknown_or_too_small_length_is_read_whole(tmp_path, total):
    """Streaming encoders write 0; numpy then said "array is too big"."""
    flac(tmp_path / "a.flac", total=total)
    waveform = decode_sound(tmp_path / "a.flac", 22050)
    np.testing.assert_allclose(waveform, tone(3, rate=22050), atol=4e-3)


def test_a_flac_that_claims_2_to_the_36_samples_needs_no_memory_for_them(tmp_path):
    flac(tmp_path / "a.flac", total=2**36 - 1)
    assert kind_of(tmp_path / "a.flac") == "truncated"
    kept = decode_sound(tmp_path / "a.flac", 22050, on_damage="keep")
    np.testing.assert_allclose(kept, tone(3, rate=22050), atol=4e-3)


def test_a_flac_with_a_flipped_bit_is_damaged(tmp_path):
    """Without its checksum a frame of noise passes for sound."""
    content = flac(tmp_path / "a.flac")
    content[len(content) // 2] ^= 0x10
    (tmp_path / "a.flac").write_bytes(content)
    assert kind_of(tmp_path / "a.flac") in ("damaged", "truncated")
    kept = decode_sound(tmp_path / "a.flac", 22050, on_damage="keep")
    assert 2.5 * 22050 < len(kept) < 3 * 22050


def test_id3_in_front_of_a_flac(tmp_path):
    content = flac(tmp_path / "a.flac")
    (tmp_path / "a.flac").write_bytes(b"ID3\3\0\0\0\0\2\0" + bytes(256) + content)
    assert len(decode_sound(tmp_path / "a.flac", 22050)) == 3 * 22050


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("seconds", [0.5, 3])
def test_ogg_to_the_sample(tmp_path, subtype, seconds):
    """FFmpeg ends short Vorbis up to a thousand samples too early or too late."""
    path = tmp_path / "a.ogg"
    samples = tone(seconds, rate=48000)
    soundfile.write(path, samples, 48000, format="OGG", subtype=subtype)
    assert len(decode_sound(path, 48000)) == len(samples)


def test_an_ogg_that_lacks_a_page_is_damaged(tmp_path):
    path = tmp_path / "a.ogg"
    soundfile.write(path, RNG.normal(0, 0.1, 10 * RATE), RATE)
    content = path.read_bytes()
    pages = content.split(b"OggS")
    assert len(pages) > 8
    path.write_bytes(b"OggS".join(pages[:5] + pages[6:]))
    assert kind_of(path) == "damaged"
    assert len(decode_sound(path, 22050, on_damage="keep")) > 5 * 22050


def test_playlists_open_no_other_files(tmp_path):
    soundfile.write(tmp_path / "secret.wav", tone(1), RATE)
    listing = f"ffconcat version 1.0\nfile {tmp_path}/secret.wav\n"
    (tmp_path / "a.wav").write_text(listing)
    assert kind_of(tmp_path / "a.wav") == "not_audio"
    playlist = f"#EXTM3U\n#EXTINF:1,\n{tmp_path}/secret.wav\n#EXT-X-ENDLIST\n"
    (tmp_path / "a.wav").write_text(playlist)
    assert kind_of(tmp_path / "a.wav") == "not_audio"
