"""The authors' variables become a workdir that generates what they generate."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.data.items import Split, make_items
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.prepare.packing import Packer
from cmgan_jax.prepare.plan import Plan
from cmgan_jax.runs.generating import item_numbers
from cmgan_jax.runs.model import load
from cmgan_jax.runs.record import read_record
from cmgan_jax.signals.representation import Representation, to_unit
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.pretraining import recogniser
from cmgan_jax.systems.sa_cmgan import gan_parts
from cmgan_jax.tf1 import variables as tf1
from cmgan_jax.tf1.importing import import_variables
from cmgan_jax.training.state import apply_evaluation

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = Path(os.environ.get("CMGAN_SHARED", ROOT.parent / "shared")) / "reference"
ATTENTION = ["f", "g", "h"]
NORM = ["beta", "gamma", "moving_mean", "moving_variance"]


def _attention_names(scope, letter, *, spectral):
    names = [f"{scope}/attention/gamma{letter}"]
    for role in ATTENTION:
        prefix = f"{scope}/attention/{role}{letter}"
        names += [f"{prefix}_conv/w"] + [f"{prefix}_bn/{part}" for part in NORM]
        names += [f"{prefix}_conv/u"] if spectral else []
    return names


def _names():
    """Every variable of the s2i graph."""
    names = []
    for scope, en, letter in (
        ("encoder_Img", "enI", "I"),
        ("encoder_Sud", "enS", "S"),
        ("discriminator", "d", "I"),
    ):
        spectral = scope == "discriminator"
        u = ["u"] if spectral else []
        names += _attention_names(scope, letter, spectral=spectral)
        for n in range(1, 6):
            names += [f"{scope}/{en}_conv{n}/{part}" for part in ["w", *u]]
        dense = (6, 7) if spectral else (6, 7, 8)
        for n in dense:
            names += [f"{scope}/{en}_fc{n}/{part}" for part in ["Matrix", "bias", *u]]
        for n in (2, 3, 4, 5, *(dense[:1] if spectral else dense)):
            names += [f"{scope}/{en}_bn{n}/{part}" for part in NORM]
    names += _attention_names("generator", "I", spectral=False)
    names += ["generator/g_fc1/Matrix", "generator/g_fc1/bias"]
    names += [f"generator/g_dc{n}/w" for n in range(2, 7)]
    names += [f"generator/g_bn{n}/{part}" for n in (1, 2, 3) for part in NORM]
    for scope in ("classifier_Img/cI_fc1", "classifier_Sud/cS_fc1"):
        names += [f"{scope}/Matrix", f"{scope}/bias"]
    return names


def _prepared(folder, *, size, classes, sound="pictures"):
    labels = np.arange(8) % len(classes)
    representation = Representation(image_size=size, sound=sound)
    folder.mkdir()
    packer = Packer(
        folder,
        representation,
        Plan(classes, "stem", tasks={"test": ()}, songs=("x",)),
    )
    draw = np.random.default_rng(0)

    def items(shape):
        array = draw.integers(0, 256, (8, *shape), dtype=np.uint8)
        stem = [f"s{row}" for row in range(8)]
        return make_items(array, label=labels, song=labels * 0, stem=stem)

    shapes = representation.image_shape, representation.sound_shape
    packer.add("test", Split(*map(items, shapes)))
    packer.finish(dataset="random", version="1.0.0")
    return open_prepared(folder)


@pytest.fixture(scope="module")
def config(config_file):
    config = config_file("sa_cmgan_original", "s2i")
    config.model.width = 4
    config.model.hidden_size = 16
    return config


def _initialise(parts, module):
    x, key = jnp.zeros((1, 16, 16, 3)), jax.random.key(3)
    code, z = jnp.zeros((1, 64)), jnp.zeros((1, 62))
    recognisers = {
        modality: module.init(jax.random.fold_in(key, i), x, train=False)
        for i, modality in enumerate(("image", "sound"))
    }
    return recognisers, {
        "generator": parts.generator.init(key, code, z, train=False),
        "discriminator": parts.discriminator.init(key, x, code, train=False),
    }


@pytest.fixture(scope="module")
def narrow(tmp_path_factory, config, settings_of):
    """A random narrow system's variables under TensorFlow's names, and its data."""
    folder = tmp_path_factory.mktemp("data") / "p"
    prepared = _prepared(folder, size=16, classes=("a", "b"))
    task = Task((16, 16, 3), (16, 16, 3), 2, stem_aligned=True)
    settings = settings_of(config)
    parts, module = gan_parts(settings, task), recogniser(settings, task)
    recognisers, networks = jax.jit(lambda: _initialise(parts, module))()
    for modality, variables in recognisers.items():
        for part in ("encoder", "classifier"):
            networks[f"{modality}_{part}"] = {
                name: tree[part] for name, tree in variables.items() if part in tree
            }
    variables = tf1.to_tf1(networks, _names())
    assert len(variables) == len(_names())
    return parts, recognisers, networks, variables, prepared


def test_generates_and_classifies_as_the_variables_do(narrow, config, tmp_path):
    parts, recognisers, networks, variables, prepared = narrow
    workdir = tmp_path / "run"
    import_variables(variables, config.to_dict(), prepared=prepared, workdir=workdir)
    run = load(workdir)
    assert run.step == 12000 and run.record == read_record(workdir)

    sounds = np.asarray(prepared.split("test").sound.array)

    @jax.jit
    def expected(sounds, numbers):
        keys = jax.vmap(lambda n: jax.random.fold_in(jax.random.key(7), n))(numbers)
        z = jax.vmap(lambda key: jax.random.normal(key, (62,)))(keys)
        encoder, generator = networks["sound_encoder"], networks["generator"]
        _, code = apply_evaluation(parts.encoder, encoder, to_unit(sounds))
        return apply_evaluation(parts.generator, generator, code, z)

    levels = (np.asarray(expected(sounds, item_numbers(sounds))) + 1.0) * 127.5
    # The gates are closed yet, so no item depends on the others of its batch.
    assert np.abs(run.generate(sounds, seed=7) - levels).max() < 0.51
    x = to_unit(jnp.asarray(sounds))
    for modality, own in recognisers.items():
        logits = run.classifier(modality)(x)
        assert logits.shape == (8, 2)
        np.testing.assert_allclose(
            logits, apply_evaluation(parts.target_recogniser, own, x), atol=1e-3
        )


def test_data_that_do_not_fit_are_refused(narrow, config, tmp_path):
    *_, variables, _ = narrow

    def given(name, message, *, changed=variables, **fields):
        fields = {"size": 16, "classes": ("a", "b"), **fields}
        data = _prepared(tmp_path / name, **fields)
        with pytest.raises(ValueError, match=message):
            import_variables(
                changed,
                config.to_dict(),
                prepared=data,
                workdir=tmp_path / "run",
            )
        assert not (tmp_path / "run" / "config.json").exists()

    given("three", "knows 2 classes, the data have 3", classes=("a", "b", "c"))
    given("mel", "sounds have 3 channels, the data's 1", sound="log_mel")
    given("large", r"hidden/dense/kernel: \(32, 16\), expected", size=32)
    without = {name: v for name, v in variables.items() if "g_dc" not in name}
    given("less", "fit no layer|missing, expected", changed=without)


@pytest.mark.skipif(
    not (REFERENCE / "tf1_s2i_variables.json").exists(),
    reason=f"no tf1_s2i_variables.json in {REFERENCE}: set CMGAN_SHARED",
)
@pytest.mark.slow
def test_the_authors_graph_is_imported_scored_and_heard(tmp_path):
    """The command, on variables of the authors' names and shapes."""
    shapes = json.loads((REFERENCE / "tf1_s2i_variables.json").read_text())
    weights = {
        name: 0.05
        * np.random.default_rng(zlib.crc32(name.encode()))
        .standard_normal(shape)
        .astype(np.float32)
        ** (2 if name.endswith("moving_variance") else 1)
        for name, shape in shapes.items()
    }
    np.savez(tmp_path / "weights.npz", **weights)
    classes = tuple(f"class{i:02d}" for i in range(13))
    _prepared(tmp_path / "data", size=64, classes=classes)

    def run(*arguments):
        command = [sys.executable, "-m", "cmgan_jax", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    workdir = f"--workdir={tmp_path / 'run'}"
    run(
        "import_tf1",
        f"--checkpoint={tmp_path / 'weights.npz'}",
        "--direction=s2i",
        f"--data={tmp_path / 'data'}",
        workdir,
    )
    assert "accuracy" in run("evaluate", workdir, "--protocol=original")
