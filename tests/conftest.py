"""Runs the whole suite on four CPU devices, with every shape checked.

What must be settled before JAX starts is settled here.
"""

import importlib
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Through the environment, so that processes which tests start do the same.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", f"{ROOT}/.pytest_cache/compiled")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
# Compiling is most of what the suite does: what a test computes once is soon computed.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jax  # noqa: E402

# Nor with a compiler for every fused loop, where JAX can still do without.
if jax.__version_info__ < (0, 11):
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_use_fusion_emitters=false")

import jaxtyping  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_numpy_rank_promotion", "raise")

jaxtyping.install_import_hook("cmgan_jax", "beartype.beartype")


# First, as pytest-xdist reads the marks in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """A file's tests run in one process; so do all that need the verbs' judges."""
    for item in items:
        shares = item.path.parent.name == "cli" and "data" in item.fixturenames
        item.add_marker(pytest.mark.xdist_group("judges" if shares else str(item.path)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder `data` of real recordings and pictures, or a visible skip.

    Looked for in the folder named by CMGAN_SHARED, else in `shared` beside the
    repository.
    """
    shared = Path(os.environ.get("CMGAN_SHARED", ROOT.parent / "shared"))
    data = shared / "data"
    if not data.is_dir():
        pytest.skip(f"no real data in {data}: set CMGAN_SHARED to the folder above it")
    return data


@pytest.fixture(scope="session")
def write_film():
    """(path, pictures by their ms, ...) -> a film of them, with sound if given."""

    def write(
        path,
        pictures,
        *,
        container="mp4",
        codec="mpeg4",
        sound=None,
        sound_ms=0,
        matrix=None,
        ratio=1,
    ):
        import av

        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w", format=container) as output:
            stream = output.add_stream(codec, rate=1000)
            stream.height, stream.width = next(iter(pictures.values())).shape[:2]
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.bit_rate = 4_000_000
            stream.codec_context.sample_aspect_ratio = ratio
            if matrix is not None:
                stream.set_display_matrix(matrix)
            heard = sound is not None and output.add_stream(
                "pcm_s16le" if container == "matroska" else "aac",
                rate=44100,
                layout="mono",
            )
            for ms, picture in pictures.items():
                frame = av.VideoFrame.from_ndarray(picture)
                frame.pts, frame.time_base = ms, Fraction(1, 1000)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
            if heard:
                samples = np.asarray(sound, np.float32)[np.newaxis]
                frame = av.AudioFrame.from_ndarray(samples, "flt", "mono")
                frame.sample_rate, frame.pts = 44100, 44100 * sound_ms // 1000
                output.mux(heard.encode(frame))
                output.mux(heard.encode(None))

    return write


@pytest.fixture(scope="session")
def config_file():
    """(name, direction) -> a fresh configuration of the package."""

    def get(name: str, direction: str):
        module = importlib.import_module(f"cmgan_jax.configs.{name}")
        return module.get_config(direction)

    return get


@pytest.fixture(scope="session")
def tiny_config(config_file):
    """(direction, "section.field" overrides) -> a configuration that compiles fast."""

    def get(direction: str, **overrides):
        config = config_file("sa_cmgan", direction)
        fields = {
            "model.width": 4,
            "model.hidden_size": 16,
            "model.attention_stage": 3,
            "classifier.batch_size": 8,
            "gan.batch_size": 8,
            "run.reader": "numpy",
        }
        config.update_from_flattened_dict(fields | overrides)
        return config

    return get


@pytest.fixture(scope="session")
def settings_of():
    """A configuration -> what systems are assembled from."""
    from cmgan_jax.runs.record import as_settings

    return lambda config: as_settings(config.to_dict())


@pytest.fixture(scope="session")
def run_verb():
    """(verb, flags) -> the finished process of `python -m cmgan_jax VERB ...`.

    `absent` names packages that cannot be imported there.
    """

    def run(verb: str, *flags: str, absent: tuple[str, ...] = ()):
        program = [sys.executable, "-P", "tests/without_packages.py", ",".join(absent)]
        return subprocess.run(
            [*program, verb, *flags],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def small_data(tmp_path_factory):
    """Three classes, 48 training pairs of 16 pixels: a tone, and where it is bright."""
    from cmgan_jax.data.items import Split, make_items
    from cmgan_jax.data.prepared import open_prepared
    from cmgan_jax.media.log_mel import encode_windows
    from cmgan_jax.prepare.packing import Packer
    from cmgan_jax.prepare.plan import Plan
    from cmgan_jax.signals.representation import Representation

    # 16 bands and 16 frames.
    representation = Representation(image_size=16, n_mels=16, hop_length=735)
    counts = {"train": 48, "validation": 12, "test": 12}
    plan = Plan(("low", "middle", "high"), "stem", tasks=dict.fromkeys(counts, ()))
    folder = tmp_path_factory.mktemp("small") / "data"
    folder.mkdir()
    packer, draw = Packer(folder, representation, plan), np.random.default_rng(0)
    time = np.arange(representation.window_samples) / representation.sample_rate
    for split, n in counts.items():
        label = np.arange(n) % 3
        pitch = 300.0 * 3.0 ** label[:, None] * draw.uniform(0.9, 1.1, (n, 1))
        tones = np.sin(2 * np.pi * pitch * time) + 0.1 * draw.normal(
            size=(n, len(time))
        )
        images = draw.integers(0, 120, (n, 16, 16, 3), dtype=np.uint8)
        images[np.arange(n), ..., label] += 130
        stem = [f"{split}{row}" for row in range(n)]
        arrays = (images, encode_windows(tones.astype(np.float32), representation))
        packer.add(
            split, Split(*(make_items(a, label=label, stem=stem) for a in arrays))
        )
    packer.finish(dataset="small", version="1.0.0")
    return open_prepared(folder)


@pytest.fixture(scope="session")
def small_config(tiny_config):
    """Of four steps in every phase, saved at every second one."""
    fields = {
        "classifier.steps": 4,
        "gan.steps": 4,
        "run.log_every": 1,
        "run.sample_every": 2,
        "run.checkpoint_every": 2,
        "run.validation_examples": 6,
    }
    return tiny_config("s2i", **fields).to_dict()


@pytest.fixture(scope="session")
def small_run(tmp_path_factory, small_data, small_config) -> Path:
    """The workdir of a system of sound to image, trained from the first step."""
    from cmgan_jax.runs.train_run import train_run

    workdir = tmp_path_factory.mktemp("small") / "run"
    train_run(small_config, small_data, workdir)
    return workdir


@pytest.fixture(scope="session")
def untimed_metrics():
    """A workdir -> the lines of its metrics.jsonl, but for when they were written."""
    from cmgan_jax.runs.writers import MetricsWriter

    def read(workdir: Path) -> list[dict]:
        lines = MetricsWriter.read(workdir)
        return [{k: v for k, v in line.items() if k != "time"} for line in lines]

    return read


@pytest.fixture(scope="session")
def small_model(small_run):
    """What `small_run` left, restored."""
    from cmgan_jax.runs.model import load

    return load(small_run)


@pytest.fixture(scope="session")
def orchestra(tmp_path_factory, run_verb) -> Path:
    """A pocket orchestra of 416 training pairs with pictures of 16 pixels."""
    output = tmp_path_factory.mktemp("orchestra")
    done = run_verb("prepare", f"--output={output}", "--scale=0.02", "--image_size=16")
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium with a microphone and a camera that are none, or a skip.

    Its driver keeps an event loop in this thread, which other tests are to be free of.
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(names)} is installed")
    flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    flags += [f"--use-fake-{what}-for-media-stream" for what in ("device", "ui")]
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=flags)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which looks for what keeps people out, or a skip.

    Looked for in node_modules of the repository and of the folder CMGAN_NODE_MODULES.
    """
    folders = (ROOT / "node_modules", os.environ.get("CMGAN_NODE_MODULES", "."))
    for folder in map(Path, folders):
        script = folder / "axe-core" / "axe.min.js"
        if script.is_file():
            return script.read_text(encoding="utf-8")
    pytest.skip("no axe-core: npm install axe-core in the repository's folder")


@pytest.fixture(scope="session")
def violations(axe):
    """(page) -> what axe-core finds wrong with it, each with the first place."""

    def find(page) -> list[str]:
        page.evaluate(axe)
        found = page.evaluate("axe.run()")["violations"]
        return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]

    return find
