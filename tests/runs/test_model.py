"""What a finished run generates: by source, by seed, from what was trained."""

import json
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.runs.checkpoints import Checkpoints, abstract
from cmgan_jax.runs.damage import DamagedCheckpointError
from cmgan_jax.runs.generating import item_numbers
from cmgan_jax.runs.model import load
from cmgan_jax.runtime import devices
from cmgan_jax.signals.direction import I2S, S2I
from cmgan_jax.signals.representation import to_uint8, to_unit
from cmgan_jax.systems.pretraining_phase import of_modality

EVERYWHERE = devices.replicated(devices.data_mesh())


def assert_identical(actual, expected):
    jax.tree.map(np.testing.assert_array_equal, actual, expected)


def restored(workdir, system, phase, *names):
    """Items of the last checkpoint of a phase."""
    shapes, finished = {}, {}
    for each in system.phases:
        shapes[each.name] = jax.eval_shape(
            lambda finished, each=each: each.init(jax.random.key(0), finished), finished
        )
        finished[each.name] = jax.eval_shape(each.inference, shapes[each.name])
    items = {"training": shapes[phase], "inference": finished[phase]}
    wanted = abstract({name: items[name] for name in names}, EVERYWHERE)
    checkpoints = Checkpoints(workdir / "checkpoints" / phase)
    (step, *_) = checkpoints.steps()
    found = checkpoints.restore(step, wanted)
    checkpoints.close()
    return [found[name] for name in names]


@pytest.fixture(scope="module")
def gan_state(small_run, small_model):
    """The whole state after the last step."""
    return restored(small_run, small_model.system, "gan", "training")[0]


@pytest.fixture(scope="module")
def sounds(small_data):
    """More than two batches of different sounds."""
    return np.asarray(small_data.split("train").sound.array)[:35]


@pytest.fixture(scope="module")
def pictures(small_model, sounds):
    return small_model.generate(sounds)


def test_the_model_knows_what_it_is(small_model, small_data):
    assert small_model.step == 4 and small_model.direction == S2I
    assert small_model.record.dataset == "small"
    assert small_model.record.class_names == small_data.class_names
    assert len(small_model.digest) == 8


def test_the_averages_are_what_generates(small_model, gan_state):
    """Not the raw weights, which differ from their averages after every update."""
    assert_identical(small_model.variables["gan"], gan_state.averaged)
    raw, average = (
        jax.tree.leaves(tree["params"])
        for tree in (gan_state.generator.variables, gan_state.averaged["generator"])
    )
    assert not any(map(np.array_equal, raw, average))


def test_the_averages_have_followed_the_weights(small_model, gan_state):
    """Of a kernel of the generator, from where it began."""
    phase = small_model.system.phase("gan")
    names = [p.name for p in small_model.system.phases if p.name != "gan"]
    finished = {
        name: restored(small_model.workdir, small_model.system, name, "inference")[0]
        for name in names
    }
    begun = jax.jit(phase.init)(jax.random.key(phase.seed), finished)
    start, raw, average = (
        np.asarray(tree["params"]["deconv5"]["kernel"])
        for tree in (
            begun.generator.variables,
            gan_state.generator.variables,
            gan_state.averaged["generator"],
        )
    )
    way = np.linalg.norm(raw - start)
    assert np.linalg.norm(average - start) > 0.5 * way
    assert np.linalg.norm(raw - average) < 0.5 * way


def test_the_gan_begins_with_the_trained_classifiers(small_run, small_model, gan_state):
    """The encoder of the source's, whole but for its code, and the target's."""
    (both,) = restored(small_run, small_model.system, "recognisers", "inference")
    heard, seen = (of_modality(both, modality) for modality in ("sound", "image"))
    averaged = small_model.variables["gan"]["encoder"]
    for encoder in (gan_state.encoder.variables, averaged):
        for part in ("trunk", "hidden", "features"):
            for collection in ("params", "batch_stats"):
                trained = heard[collection]["encoder"][part]
                assert_identical(encoder[collection][part], trained)
    assert_identical(gan_state.target_recogniser, seen)
    assert_identical(gan_state.source_pair["params"]["pair"], heard["params"]["pair"])


def test_a_source_alone_and_among_others_gives_the_same(small_model, sounds, pictures):
    assert pictures.shape == (35, 16, 16, 3) and pictures.dtype == np.uint8
    for place in (0, 15, 16, 34):
        alone = small_model.generate(sounds[place : place + 1])
        np.testing.assert_array_equal(alone[0], pictures[place])
    np.testing.assert_array_equal(small_model.generate(sounds[::-1]), pictures[::-1])
    assert len(small_model.generate(sounds[:0])) == 0


def test_the_seed_is_the_noise(small_model, sounds, pictures):
    np.testing.assert_array_equal(small_model.generate(sounds, seed=0), pictures)
    other = small_model.generate(sounds, seed=1)
    assert all(not np.array_equal(*pair) for pair in zip(other, pictures, strict=True))


def test_every_source_of_a_batch_has_noise_of_its_own(small_model, sounds):
    noise = small_model.draw_noise(sounds, seed=3)
    assert noise.shape == (35, small_model.noise_size) and noise.dtype == np.float32
    assert np.abs(noise.mean()) < 0.1 and np.abs(noise.std() - 1.0) < 0.1
    assert len(np.unique(noise)) > 0.99 * noise.size
    numbers = item_numbers(sounds)
    assert len(set(numbers.tolist())) == len(sounds)
    np.testing.assert_array_equal(item_numbers(sounds[::-1].copy()), numbers[::-1])


def test_noise_may_be_given(small_model, sounds, pictures):
    """Drawn by hand it is what is drawn; a source is made of the noise in its row."""
    drawn = small_model.draw_noise(sounds)
    made = small_model.generate(sounds, noise=drawn, seed=5)
    np.testing.assert_array_equal(made, pictures)
    alike = np.repeat(sounds[:1], 4, axis=0)
    made = small_model.generate(alike, noise=drawn[np.array([0, 1, 2, 0])])
    np.testing.assert_array_equal(made[[0, 3]], pictures[[0, 0]])
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert (made[one] != made[other]).any()
    with pytest.raises(ValueError, match=r"a row of 62 for each source, \[35, 62\]"):
        small_model.generate(sounds, noise=drawn[:, 1:])


def test_what_is_generated_is_the_networks_output_rounded(
    small_model, small_data, sounds, pictures
):
    parts = small_model.variables["gan"]
    assert set(parts) == {"encoder", "generator"}
    keys = jax.vmap(lambda n: jax.random.fold_in(jax.random.key(0), n))(
        item_numbers(sounds[:16])
    )
    noise = small_model.system.draw_noise(keys)
    generate = jax.jit(small_model.system.generate, static_argnums=3)
    made = generate(small_model.variables, sounds[:16], noise, S2I)
    levels = (np.asarray(made, np.float64) + 1.0) * 127.5
    # Half a level, and what another compiled program rounds otherwise.
    assert np.abs(pictures[:16] - levels).max() < 0.5 + 1e-2
    np.testing.assert_array_equal(to_uint8(np.array([-0.9999, 0.9965])), [0, 255])


def test_the_runs_own_classifiers(small_model, small_run, small_data):
    (variables,) = restored(small_run, small_model.system, "recognisers", "inference")
    x = to_unit(jnp.asarray(small_data.split("test").image.array[:]))
    logits = small_model.classifier("image")(x)
    assert logits.shape == (12, 3)
    own = small_model.system.recognitions["image"]
    np.testing.assert_allclose(logits, own.logits(variables, x), atol=1e-4)


def test_a_run_that_has_not_come_so_far_says_so(small_run, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no config\.json"):
        load(tmp_path)
    shutil.copy(small_run / "config.json", tmp_path)
    with pytest.raises(FileNotFoundError, match="no checkpoint of phase 'gan' yet"):
        load(tmp_path)


def test_two_steps_swapped_are_no_checkpoint(small_run, tmp_path):
    """Orbax restores the files of another step without a word."""
    workdir = tmp_path / "run"
    shutil.copytree(small_run, workdir)
    folder = workdir / "checkpoints" / "gan"
    (folder / "2").rename(folder / "kept")
    (folder / "4").rename(folder / "2")
    (folder / "kept").rename(folder / "4")
    with pytest.raises(DamagedCheckpointError, match=r"gan/4 is damaged.*train again"):
        load(workdir)


def test_a_direction_the_system_does_not_know_is_refused(small_model, small_data):
    images = np.asarray(small_data.split("test").image.array)
    with pytest.raises(ValueError, match=r"\(i2s\); it knows s2i"):
        small_model.generate(images, direction=I2S)


def test_a_run_of_version_1_generates_the_same(small_run, small_model, tmp_path):
    """Its shapes are named by their part in the direction."""
    workdir = tmp_path / "run"
    shutil.copytree(small_run, workdir)
    record = json.loads((workdir / "config.json").read_text())
    del record["version"]
    config = record["config"]
    config["system"] = config.pop("name")
    varied = config.pop("variation")["image"]
    config["classifier"] |= {name: varied[name] for name in ("shift", "noise")}
    task = record["task"]
    task["source_shape"] = task.pop("sound_shape")
    task["target_shape"] = task.pop("image_shape")
    (workdir / "config.json").write_text(json.dumps(record))
    assert load(workdir).digest == small_model.digest
