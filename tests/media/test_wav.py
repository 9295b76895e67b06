"""Headers of WAV files are judged: what is there is read, what is missing is named."""

import struct

import numpy as np
import pytest
import soundfile

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.sounds import decode_sound

RATE = 22050
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
SAMPLES = (TONE * 32767).astype("<i2").tobytes()


def wav(
    samples=SAMPLES,
    *,
    tag=1,
    bits=16,
    channels=1,
    byte_rate=2 * RATE,
    align=2,
    before=b"",
    after=b"",
    stated=None,
    riff=None,
    more_format=b"",
):
    """A WAV file as bytes; what is not said is as it should be."""
    fmt = struct.pack("<HHIIHH", tag, channels, RATE, byte_rate, align, bits)
    fmt += more_format
    stated = len(samples) if stated is None else stated
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + before
    body += b"data" + struct.pack("<I", stated) + samples + after
    return b"RIFF" + struct.pack("<I", len(body) if riff is None else riff) + body


def chunk(name, content, *, size=None, pad=True):
    size = len(content) if size is None else size
    padding = b"\0" if pad and len(content) % 2 else b""
    return name + struct.pack("<I", size) + content + padding


ODD = {
    "as it should be": wav(),
    "sizes unknown": wav(stated=0xFFFFFFFF, riff=0xFFFFFFFF),
    "sizes of SoX": wav(stated=0x7FFFF000, riff=0x7FFFF024),
    "sizes of 2 GiB": wav(stated=0x80000000, riff=0x80000024),
    "sizes never written": wav(stated=0, riff=0),
    "sizes of the last flush": wav(stated=4000, riff=4036),
    "size too small": wav(stated=2000),
    "size one more": wav(stated=len(SAMPLES) + 1),
    "size too large, RIFF size right": wav(stated=3 * len(SAMPLES), riff=44136 - 8),
    "RIFF size too large": wav(riff=99999),
    "RIFF size too small": wav(riff=1000),
    "byte rate doubled": wav(byte_rate=4 * RATE),
    "byte rate of zero": wav(byte_rate=0),
    "block alignment doubled": wav(align=4),
    "block alignment of zero": wav(align=0),
    "format of 40 bytes": wav(more_format=bytes(24)),
    "odd list before": wav(before=chunk(b"LIST", b"INFOISFT" + bytes(17))),
    "odd list without padding": wav(before=chunk(b"LIST", bytes(25), pad=False)),
    "list of a wrong size": wav(before=chunk(b"LIST", bytes(26), size=4_000_000)),
    "list after": wav(after=chunk(b"LIST", b"INFO" + bytes(20))),
    "odd list after, cut": wav(after=b"LIST" + struct.pack("<I", 25) + bytes(25)),
    "ID3 after": wav(after=chunk(b"id3 ", b"ID3" + bytes(300))),
    "zeros after": wav(after=bytes(5000)),
    "zeros before": bytes(512) + wav(),
    "ID3v1 after": wav(after=b"TAG" + bytes(125)),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_headers_change_nothing(tmp_path, name):
    (tmp_path / "a.wav").write_bytes(ODD[name])
    waveform = decode_sound(tmp_path / "a.wav", RATE)
    assert len(waveform) == RATE
    np.testing.assert_allclose(waveform, TONE, atol=1e-4)


@pytest.mark.parametrize(
    ("subtype", "error"),
    [
        ("PCM_U8", 1e-2),
        ("PCM_16", 1e-4),
        ("PCM_24", 1e-6),
        ("PCM_32", 1e-6),
        ("FLOAT", 1e-6),
        ("DOUBLE", 1e-6),
        ("ULAW", 2e-2),
        ("ALAW", 2e-2),
        ("IMA_ADPCM", 1e-2),
        ("MS_ADPCM", 1e-2),
        ("GSM610", 5e-2),
    ],
)
@pytest.mark.parametrize("format", ["WAV", "WAVEX", "RF64"])
def test_every_codec(tmp_path, format, subtype, error):
    if not soundfile.check_format(format, subtype):
        pytest.skip(f"libsndfile writes no {subtype} in {format}")
    soundfile.write(tmp_path / "a", TONE, RATE, format=format, subtype=subtype)
    waveform = decode_sound(tmp_path / "a", RATE)
    assert RATE <= len(waveform) < RATE + 1100  # blocks of ADPCM
    assert np.sqrt(np.mean((waveform[:RATE] - TONE) ** 2)) < error


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_big_endian(tmp_path, subtype):
    path = tmp_path / "a.wav"
    soundfile.write(path, TONE, RATE, format="WAV", subtype=subtype, endian="BIG")
    assert path.read_bytes()[:4] == b"RIFX"
    np.testing.assert_allclose(decode_sound(path, RATE), TONE, atol=1e-4)


def test_the_laws_are_those_of_libsndfile(tmp_path):
    for tag in (6, 7):
        content = wav(bytes(range(256)) * 90, tag=tag, bits=8, align=1)
        (tmp_path / "a.wav").write_bytes(content)
        expected, _ = soundfile.read(tmp_path / "a.wav")
        waveform = decode_sound(tmp_path / "a.wav", RATE)
        np.testing.assert_allclose(waveform, expected - expected.mean(), atol=1e-6)


def test_24_bits_in_32(tmp_path):
    samples = (TONE * (2**31 - 1)).astype("<i4").tobytes()
    content = wav(samples, bits=24, align=4, byte_rate=4 * RATE)
    (tmp_path / "a.wav").write_bytes(content)
    np.testing.assert_allclose(decode_sound(tmp_path / "a.wav", RATE), TONE, atol=1e-4)


@pytest.mark.parametrize("riff", [None, 0, 0xFFFFFFFF])
def test_what_was_cut_is_named_in_bytes(tmp_path, riff):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(riff=riff)[:-9000])
    with pytest.raises(MediaError, match="holds 35100 of the 44100 bytes") as raised:
        decode_sound(path, RATE)
    assert raised.value.kind == "truncated"
    kept = decode_sound(path, RATE, on_damage="keep")
    np.testing.assert_allclose(kept, TONE[:17550], atol=2e-4)


def test_a_cut_adpcm_is_named(tmp_path):
    """FFmpeg decodes what is there of it and says nothing."""
    path = tmp_path / "a.wav"
    soundfile.write(path, TONE, RATE, subtype="IMA_ADPCM")
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(MediaError) as raised:
        decode_sound(path, RATE)
    assert raised.value.kind == "truncated"
    assert len(decode_sound(path, RATE, on_damage="keep")) > RATE // 2


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt ", "unreadable"),
        (b"RIFF\x24\0\0\0WAVEjunk" + bytes(40), "unreadable"),
        (wav()[:44], "truncated"),
        (wav(b""), "zero_length"),
        (wav()[:36], "truncated"),
        (wav(bits=0), "unreadable"),
        (wav(channels=0), "out_of_limits"),
        (wav(tag=0x1234), "unreadable"),
    ],
)
def test_headers_without_sense(tmp_path, content, kind):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(MediaError) as raised:
        decode_sound(tmp_path / "a.wav", RATE)
    assert raised.value.kind == kind, raised.value
