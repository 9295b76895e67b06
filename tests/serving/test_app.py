"""What the page asks for comes, as the command line would make it; the rest is refused.

All of it is asked of a real server.
"""

import asyncio
import base64
import io
import tempfile
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from PIL import Image

from cmgan_jax.serving import bodies
from cmgan_jax.serving.app import make_app
from cmgan_jax.serving.studio import Studio


def asked(studio, method, path, **body):
    """The answer of an application whose studio nobody warmed up."""

    async def ask():
        transport = httpx.ASGITransport(make_app(studio))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost"
        ) as client:
            return await client.request(method, path, **body)

    return asyncio.run(ask())


def held(uri):
    """Media type and bytes of an address that holds them."""
    kind, content = uri.split(";base64,")
    return kind.removeprefix("data:"), base64.b64decode(content)


def pixels(uri):
    kind, content = held(uri)
    assert kind == "image/png"
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def source_of(moment, shape=(16, 16, 1)):
    return np.frombuffer(base64.b64decode(moment["array"]), np.uint8).reshape(shape)


@pytest.fixture
def moment(client, tone_wav):
    """The first moment of the sound."""
    return client.post("/moments", content=tone_wav).json()["moments"][0]


def refused(response, status, *texts):
    """Whether an answer is a refusal that says all of this, in a sentence."""
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert all(text in error for text in texts), error
    assert "Traceback" not in error and "/" not in error.replace("s2i/", "")
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    return True


def test_nothing_but_the_page_is_served_before_the_model_is_warm(ways, tone_wav):
    studio = Studio(ways)
    assert asked(studio, "GET", "/").status_code == 200
    assert refused(asked(studio, "GET", "/ready"), 503, "Warming up")
    given = asked(studio, "POST", "/moments", content=tone_wav)
    assert refused(given, 503, "Warming up")


def test_a_failed_warm_up_is_told(ways, monkeypatch):
    studio = Studio(ways)
    monkeypatch.setattr("cmgan_jax.serving.studio.find_exhibits", None)
    with pytest.raises(TypeError):
        studio.warm_up()
    assert refused(asked(studio, "GET", "/ready"), 500, "could not be warmed up")


def test_the_page_and_all_its_files_come_with_their_types(client):
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert (
        client.get("/page/main.js")
        .headers["content-type"]
        .startswith("text/javascript")
    )
    assert "--ink" in client.get("/page/colours.css").text
    assert "nosniff" in page.headers["x-content-type-options"]
    for foreign in ("/page/..%2fapp.py", "/page/app.py", "/page/../../app.py"):
        assert refused(client.get(foreign), 404, "nothing at this address")


def test_about_says_whose_probabilities_they_are(client):
    s2i, i2s = client.get("/about").json()["ways"]
    assert s2i["classes"] == ["low", "middle", "high"]
    assert s2i["critics"] == [{"name": "the run's own classifier", "is_judge": False}]
    assert i2s["critics"] == []
    assert s2i["has_noise"] and s2i["has_attention"]


def test_a_sound_becomes_its_sounding_moments(client, tone_wav):
    answer = client.post("/moments", content=tone_wav).json()
    assert answer["direction"] == "s2i"
    assert [moment["start"] for moment in answer["moments"]] == [0.0, 1.5]
    assert [moment["end"] for moment in answer["moments"]] == [0.5, 2.0]
    assert answer["told"] == "2 moments of 0.5 s"
    bands = [source_of(one)[..., 0].mean(axis=1) for one in answer["moments"]]
    assert np.argmax(bands[0]) < np.argmax(bands[1])


def test_a_long_sound_shows_some_moments_evenly_spread(client, tone_wav):
    samples = soundfile.read(io.BytesIO(tone_wav))[0]
    file = io.BytesIO()
    soundfile.write(file, np.tile(samples, 10), 22050, format="FLAC")
    answer = client.post("/moments", content=file.getvalue()).json()
    starts = [moment["start"] for moment in answer["moments"]]
    assert len(starts) == 12 and starts[0] == 0.0 and starts[-1] == 19.5
    assert answer["told"] == "20 moments of 0.5 s; 12 of them shown"


def test_results_are_what_generate_makes(client, moment, small_model):
    answer = client.post(
        "/results/s2i?samples=2&seed=5", content=base64.b64decode(moment["array"])
    )
    made = answer.json()["results"]
    for sample, result in enumerate(made):
        expected = small_model.generate(source_of(moment)[None], seed=5 + sample)[0]
        np.testing.assert_array_equal(pixels(result["picture"]), expected)
        assert result["sound"] is None
        (shares,) = result["said"]
        logits = small_model.classifier("image")(
            expected[None].astype(np.float32) / 127.5 - 1
        )[0]
        assert sum(shares) == pytest.approx(1, abs=0.001)
        assert np.argmax(shares) == np.argmax(logits)
    assert len(made) == 2


def test_the_turn_goes_round_through_other_noise(client, moment, small_model):
    source = source_of(moment)
    body = source.tobytes()

    def turned(turn):
        answer = client.post(f"/results/s2i?samples=1&turn={turn}", content=body)
        return pixels(answer.json()["results"][0]["picture"])

    noise = small_model.draw_noise(source[None], seed=0)
    across = small_model.generate(source[None], noise=-noise)[0]
    assert np.abs(turned(0.5).astype(int) - across).max() <= 1
    np.testing.assert_array_equal(turned(0), turned(1))
    assert (turned(0.25) != turned(0)).any() and (turned(0.25) != across).any()


def test_a_picture_becomes_sounds_that_play(client, photograph, untrained_model):
    answer = client.post("/moments", content=photograph).json()
    assert answer["direction"] == "i2s" and answer["told"] == ""
    (moment,) = answer["moments"]
    body = source_of(moment, (16, 16, 3))
    made = client.post("/results/i2s?samples=2", content=body.tobytes()).json()
    heard = []
    for result in made["results"]:
        kind, content = held(result["sound"])
        assert kind == "audio/wav"
        samples, rate = soundfile.read(io.BytesIO(content))
        assert (rate, len(samples)) == (22050, 11025) and np.abs(samples).max() > 0.5
        assert result["said"] == []
        heard.append(samples)
    assert (heard[0] != heard[1]).any()


def test_attention_is_laid_over_what_is_seen(client, moment):
    answer = client.post(
        "/attention/s2i", content=base64.b64decode(moment["array"])
    ).json()
    weights = np.array(answer["weights"])
    assert weights.ndim == 2 and weights.max() == 1 and weights.min() >= 0
    assert isinstance(answer["gate"], float)


def test_the_gallery_shows_the_truth_of_the_test_split(client, small_data):
    exhibits = client.get("/gallery/s2i").json()["exhibits"]
    assert [one["class"] for one in exhibits] == ["low", "middle", "high"]
    test = small_data.split("test")
    for exhibit in exhibits:
        rows = [np.array_equal(source_of(exhibit), row) for row in test.sound.array]
        truth = test.image.array[rows.index(True)]
        np.testing.assert_array_equal(pixels(exhibit["truth"]["picture"]), truth)
        assert held(exhibit["sound"])[0] == "audio/wav"
        assert exhibit["truth"]["sound"] is None


def test_files_of_no_use_are_refused_in_words(client):
    assert refused(client.post("/moments", content=b""), 400, "empty")
    cut = client.post("/moments", content=b"RIFF\xff\xff\xff\x7fWAVEfmt ")
    assert refused(cut, 415, "The file")
    damaged = client.post("/moments", content=b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert refused(damaged, 415, "copy it again")
    page = client.post("/moments", content=b"<!DOCTYPE html><p>no sound</p>")
    assert refused(page, 415, "web page")


def test_a_modality_that_nothing_takes_is_named(ways, photograph):
    studio = Studio({"sound": ways["sound"]})
    studio._warm.set()
    answer = asked(studio, "POST", "/moments", content=photograph)
    assert refused(answer, 409, "modality image", "trained with :i2s")


@pytest.mark.parametrize("announced", [True, False])
def test_too_large_a_body_is_refused_and_leaves_nothing(
    client, monkeypatch, tmp_path, announced
):
    monkeypatch.setattr(bodies, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pieces = [bytes(1 << 16)] * 20
    content = b"".join(pieces) if announced else iter(pieces)
    assert refused(client.post("/moments", content=content), 413, "1 MB")
    assert not list(Path(tmp_path).iterdir())


def test_sources_and_wishes_have_to_fit(client, moment):
    body = base64.b64decode(moment["array"])
    for short in (b"", body[:-1]):
        assert refused(client.post("/results/s2i", content=short), 400, "256 bytes")
    assert refused(client.post("/results/s2i", content=body + b"x"), 413, "256 bytes")
    for query, said in (
        ("samples=0", "samples=0"),
        ("samples=9", "1 to 8"),
        ("seed=-1", "seed=-1"),
        ("seed=x", "invalid"),
        ("turn=nan", "turn=nan"),
        ("turn=1e9", "0.0 to 1.0"),
        ("path=x", "Unknown: path"),
    ):
        answer = client.post(f"/results/s2i?{query}", content=body)
        assert refused(answer, 400, said)
    for unknown in (
        client.post("/results/x2y", content=body),
        client.get("/gallery/x"),
    ):
        assert refused(unknown, 404, "served: s2i, i2s")
    assert refused(client.get("/moments"), 405, "GET")
