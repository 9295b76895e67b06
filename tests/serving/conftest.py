"""What is served: a trained direction and, for the other one, weights drawn at random.

The trained one's probabilities are its own classifier's, the other has nobody's.
"""

import dataclasses
import threading
import time

import httpx
import jax
import numpy as np
import pytest

from cmgan_jax.media.encoding import png, wav
from cmgan_jax.runs.model import Model
from cmgan_jax.serving.app import make_app
from cmgan_jax.serving.server import address, listen, make_server
from cmgan_jax.serving.studio import Studio
from cmgan_jax.serving.ways import open_ways
from cmgan_jax.systems.registry import assemble


@pytest.fixture(scope="session")
def untrained_model(small_model, tiny_config, settings_of, tmp_path_factory):
    """Of image to sound, on the same data; there is no workdir with a classifier."""
    config = tiny_config("i2s")
    system = assemble(settings_of(config), small_model.record.task)
    draw = np.random.default_rng(0)

    def drawn(path, leaf):
        values = draw.normal(0, 0.3, leaf.shape)
        # Variances are none below zero.
        values = np.ones(leaf.shape) if "var" in str(path[-1]) else values
        return jax.numpy.asarray(values, leaf.dtype)

    shapes = system.inference_shapes(system.generating)
    record = small_model.record
    # Long enough for the frames of a soundtrack to overlap.
    representation = dataclasses.replace(record.representation, n_fft=2048)
    return Model(
        workdir=tmp_path_factory.mktemp("untrained"),
        record=dataclasses.replace(
            record, config=config.to_dict(), representation=representation
        ),
        system=system,
        step=0,
        digest="0",
        variables=jax.tree_util.tree_map_with_path(drawn, shapes),
    )


@pytest.fixture(scope="session")
def ways(small_model, untrained_model):
    """Both directions, by the modality that they take."""
    opened = open_ways([small_model, untrained_model])
    # Sounds of 16 frames are too coarse for `waveform_maker`, which has its own tests.
    return {
        modality: dataclasses.replace(way, waveforms=tones)
        for modality, way in opened.items()
    }


def tones(sounds):
    """Half a second of a tone for every sound, higher the brighter it is."""
    clock = np.arange(11025) / 22050
    hz = 200 + 1000 * sounds.reshape(len(sounds), -1).mean(axis=1) / 255
    return np.sin(2 * np.pi * hz[:, None] * clock).astype(np.float32)


@pytest.fixture(scope="session")
def server(ways):
    """The address of a real server of both ways, warm."""
    listening = listen("127.0.0.1", 0)
    serving = make_server(make_app(Studio(ways)))
    thread = threading.Thread(target=serving.run, args=([listening],))
    thread.start()
    try:
        deadline = time.monotonic() + 120
        while (answer := httpx.get(f"{address(listening)}ready")).status_code != 200:
            assert answer.status_code == 503 and time.monotonic() < deadline
            time.sleep(0.2)
        yield address(listening)
    finally:
        serving.should_exit = True
        thread.join(30)
        listening.close()


@pytest.fixture
def client(server):
    """Asks the server."""
    with httpx.Client(base_url=server, timeout=30) as asking:
        yield asking


@pytest.fixture(scope="session")
def tone_wav():
    """A file of two seconds: a tone of 300 Hz, a second of silence, one of 900 Hz."""
    clock = np.arange(11025) / 22050
    low, high = (0.5 * np.sin(2 * np.pi * hz * clock) for hz in (300, 900))
    sound = np.concatenate([low, 0 * clock, 0 * clock, high])
    return wav(sound.astype(np.float32), 22050)


@pytest.fixture(scope="session")
def photograph():
    """A PNG of 40 x 30 pixels."""
    return png(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8))


@pytest.fixture(scope="session")
def film_file(write_film, tmp_path_factory):
    """A film of 1.2 s without sound: two scenes, 25 pictures in a second."""
    scenes = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), np.uint8)
    scenes = scenes.repeat(12, axis=1).repeat(12, axis=2)
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    write_film(path, {40 * n: scenes[n // 15] for n in range(30)}, codec="libx264")
    return path.read_bytes()
