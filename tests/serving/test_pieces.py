"""Whole recordings, films and slide shows become pieces, and leave nothing behind."""

import asyncio
import contextlib
import io
import tempfile
import threading
import time

import av
import numpy as np
import pytest
import soundfile

from cmgan_jax.generation.film_of_recording import film_of_recording
from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.media.encoding import png
from cmgan_jax.serving import pieces
from cmgan_jax.serving.pieces import Order, Piece, Pieces
from cmgan_jax.serving.refusal import Refused

LONG = 30.0  # seconds, for a busy machine


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch, tmp_path):
    """Folders of pieces are made here, and are gone at the end."""
    folder = tmp_path / "pieces"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    wait_for(lambda: not list(folder.iterdir()))


def wait_for(happens):
    deadline = time.monotonic() + LONG
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def begun(client):
    """(direction, content, query) -> the address of a piece, forgotten at the end."""
    addresses = []

    def begin(direction, content, **query):
        answer = client.post(f"/pieces/{direction}", content=content, params=query)
        assert answer.status_code == 202, answer.text
        addresses.append(f"/pieces/{answer.json()['piece']}")
        return addresses[-1]

    yield begin
    for address in addresses:
        client.delete(address)


@pytest.fixture
def ended(client):
    """The answer of a piece's address once it is done, or has failed."""

    def wait(address):
        deadline = time.monotonic() + LONG
        while (answer := client.get(address)).is_success:
            if answer.json()["state"] == "done":
                return answer
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return answer

    return wait


@pytest.fixture
def held_up(monkeypatch):
    """What is to be made waits in the making, until it is stopped or the test ends."""
    gate = threading.Event()

    def make(*arguments, told, **more):
        while not gate.wait(0.01):
            told(1.0)
        return ()

    monkeypatch.setattr(pieces, "make_piece", make)
    yield
    gate.set()


def test_a_recording_becomes_the_film_that_generate_makes(
    client, begun, ended, tone_wav, small_model, tmp_path
):
    """The mistakes: the seed is lost; what was taken is kept."""
    assert client.post("/moments", content=tone_wav).json()["wholes"] == ["s2i"]
    address = begun("s2i", tone_wav, seed=7)
    done = ended(address).json()
    assert (done["of"], done["files"]) == (2.0, ["mp4", "png"])
    film = client.get(f"{address}/mp4")
    assert film.headers["content-type"] == "video/mp4"
    (tmp_path / "tone.wav").write_bytes(tone_wav)
    expected = tmp_path / "tone.mp4"
    settings = PieceSettings(seed=7)
    film_of_recording(small_model, tmp_path / "tone.wav", expected, settings=settings)
    assert film.content == expected.read_bytes()
    part = client.get(f"{address}/mp4", headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert client.get(f"{address}/png").content.startswith(b"\x89PNG")
    assert client.delete(address).status_code == 204
    for gone in (address, f"{address}/mp4"):
        assert client.get(gone).status_code == 404


def test_a_silent_film_gets_a_soundtrack(client, begun, ended, film_file):
    moments = client.post("/moments", content=film_file).json()
    assert (moments["direction"], moments["wholes"]) == ("i2s", ["i2s"])
    address = begun("i2s", film_file)
    assert ended(address).json()["files"] == ["wav", "mp4"]
    wave, rate = soundfile.read(io.BytesIO(client.get(f"{address}/wav").content))
    assert len(wave) / rate == pytest.approx(1.2, abs=0.15)
    assert np.abs(wave).max() > 0.1
    with av.open(io.BytesIO(client.get(f"{address}/mp4").content)) as film:
        assert (len(film.streams.video), len(film.streams.audio)) == (1, 1)
        assert film.streams.video[0].frames == 30


def test_a_film_with_sound_may_go_both_ways(client, write_film, tmp_path, photograph):
    sound = 0.5 * np.sin(np.arange(88200) / 20)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), np.uint8)
    path = tmp_path / "film.mp4"
    write_film(path, dict(zip([0, 1900], pictures, strict=True)), sound=sound)
    moments = client.post("/moments", content=path.read_bytes()).json()
    assert (moments["direction"], moments["wholes"]) == ("s2i", ["s2i", "i2s"])
    assert client.post("/moments", content=photograph).json()["wholes"] == []


def test_pictures_become_a_slide_show_with_sound(client, begun, ended, photograph):
    """The mistakes: pictures are cut at other places; the pace is ignored."""
    other = png(np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8))
    shows = {"sizes": f"{len(photograph)},{len(other)}", "slide_seconds": 0.6}
    address = begun("i2s", photograph + other, **shows)
    assert ended(address).json()["of"] == pytest.approx(1.2)
    wave, rate = soundfile.read(io.BytesIO(client.get(f"{address}/wav").content))
    assert len(wave) / rate == pytest.approx(1.2, abs=0.15)
    shows["sizes"] = f"{len(photograph) + 1},{len(other)}"
    answer = client.post("/pieces/i2s", content=photograph + other, params=shows)
    assert answer.status_code == 400 and "announced" in answer.json()["error"]
    shows["sizes"] = f"{len(photograph)},{len(other) - 2000}"
    broken = begun("i2s", (photograph + other)[:-2000], **shows)
    assert "Picture 2 breaks off" in ended(broken).json()["error"]


def test_what_cannot_be_made_is_said_in_words(
    client, begun, ended, film_file, photograph, tone_wav, monkeypatch
):
    cut = ended(begun("i2s", film_file[: len(film_file) // 2]))
    assert cut.status_code == 415 and "The file" in cut.json()["error"]
    one = ended(begun("i2s", photograph))
    assert one.status_code == 415 and "takes several" in one.json()["error"]
    monkeypatch.setattr(pieces, "MOST_SECONDS", 1.0)
    for direction, content in (("s2i", tone_wav), ("i2s", film_file)):
        long = ended(begun(direction, content))
        assert long.status_code == 413 and "python -m" in long.json()["error"]
    for query, said in (("seed=-1", "seed=-1"), ("sizes=1,x", "invalid"), ("x=1", "x")):
        answer = client.post(f"/pieces/s2i?{query}", content=b"x")
        assert answer.status_code == 400 and said in answer.json()["error"]
    assert client.post("/pieces/s2i", content=b"").status_code == 400
    assert client.get("/pieces/1").status_code == 404
    assert client.delete("/pieces/x").status_code == 404


def test_one_is_made_at_a_time_and_may_be_stopped(client, begun, tone_wav, held_up):
    """The mistakes: two are made at once; what is stopped goes on and stays."""
    first, second, *others = (begun("s2i", tone_wav) for _ in range(pieces.ROOM))
    wait_for(lambda: client.get(first).json()["state"] == "making")
    assert client.get(second).json()["state"] == "waiting"
    answer = client.post("/pieces/s2i", content=tone_wav)
    assert answer.status_code == 503 and "Busy" in answer.json()["error"]
    assert client.get(f"{first}/mp4").status_code == 404
    for address in (first, *others):
        assert client.delete(address).status_code == 204
    wait_for(lambda: client.get(second).json()["state"] == "making")


def test_a_film_is_stopped_while_its_decoder_is_open(ways, film_file, tmp_path):
    """The mistake: the stop is taken for damage of the film."""
    (tmp_path / "file").write_bytes(film_file)
    piece = Piece(ways["image"], tmp_path / "file", Order())
    piece.stop()
    with pytest.raises(Refused, match="stopped") as refusal:
        piece.make()
    assert refusal.value.status == 410


def test_a_piece_that_nobody_asks_for_goes(
    client, begun, tone_wav, held_up, monkeypatch
):
    monkeypatch.setattr(pieces, "KEEP_SECONDS", 0.3)
    address = begun("s2i", tone_wav)
    for _ in range(3):
        time.sleep(0.15)
        assert client.get(address).status_code == 200
    time.sleep(0.5)
    assert client.get(address).status_code == 404


def test_the_end_of_the_server_is_the_end_of_its_pieces(ways, tone_wav, held_up):
    async def begin_and_close():
        held = Pieces()
        with contextlib.ExitStack() as folder:
            path = tempfile.TemporaryDirectory()
            given = pieces.Path(folder.enter_context(path)) / "file"
            given.write_bytes(tone_wav)
            piece = Piece(ways["sound"], given, Order())
            held.begin(piece, folder)
        await asyncio.sleep(0.1)
        held.close()
        with pytest.raises(Refused, match="stopped"):
            piece.future.result(LONG)

    asyncio.run(begin_and_close())
