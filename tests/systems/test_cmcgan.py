"""CMCGAN: four sub-networks, the joint corresponding loss, cycles, both directions."""

import dataclasses
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.signals.direction import I2S, S2I
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.cmcgan import cmcgan_parts
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.registry import assemble
from cmgan_jax.training import rng

TASK = Task((16, 16, 3), (16, 16, 1), num_classes=2, stem_aligned=True)
FIELDS = {
    "model.width": 4,
    "model.hidden_size": 32,
    "model.z_size": 5,
    "gan.batch_size": 8,
    "gan.generator_learning_rate": 3e-3,
    "gan.discriminator_learning_rate": 3e-3,
}
B = FIELDS["gan.batch_size"]


def pairs() -> dict:
    """Two classes that anyone can tell: bright or dark, in both modalities."""
    draw, label = np.random.default_rng(0), np.arange(B) % 2
    batch = {"label": label.astype(np.int32)}
    for prefix, classes in (("", label), ("mismatched_", 1 - label)):
        for modality, channels in (("image", 3), ("sound", 1)):
            grey = 60 + 120 * classes[:, None, None, None]
            x = grey + draw.integers(-30, 30, (B, 16, 16, channels))
            batch[prefix + modality] = x.astype(np.uint8)
    return batch


@pytest.fixture(scope="module")
def trained(settings):
    """The first update and eighty more on one batch."""
    config = settings("cmcgan", "both", FIELDS)
    system, parts = assemble(config, TASK), cmcgan_parts(config, TASK)
    (phase,) = system.phases
    before = jax.jit(lambda: phase.init(jax.random.key(0), {}))()
    step, batch = jax.jit(phase.step), pairs()
    after, metrics = step(before, batch)
    state, history = after, [metrics]
    for _ in range(80):
        state, metrics = step(state, batch)
        history.append(metrics)
    return SimpleNamespace(
        system=system, parts=parts, before=before, after=after, last=state,
        history=history, batch=batch,
    )  # fmt: skip


def test_the_losses_are_those_of_the_paper(trained):
    """L_D = L_Dw + L_Df, L_G and the four terms of L_Cons, from probabilities."""
    parts, before = trained.parts, trained.before
    items = {
        name: to_unit(jnp.asarray(x)) for name, x in trained.batch.items() if x.ndim > 1
    }
    v, a = items["image"], items["sound"]
    wv, wa = items["mismatched_image"], items["mismatched_sound"]
    z = jax.random.normal(rng.stream(before.rng, "z", 0), (4, 2 * B, parts.z_size))

    def training(module, variables, *inputs, **keywords):
        return module.apply(
            variables, *inputs, train=True, mutable=["batch_stats"], **keywords
        )[0]

    @jax.jit
    def written_out():
        variables = before.generator.variables
        images, sounds = training(parts.generator, variables, v, a, z[:2])
        back = training(
            parts.generator, variables, images, sounds, z[2:], method="exchange"
        )

        def s(network, *pair):
            logits = training(parts.discriminator, network.variables, *pair)
            return jax.nn.sigmoid(logits)

        fv, fa = images[::2], sounds[::2]
        d = before.discriminator
        real = jnp.log(s(d, v, a)).mean()
        wrong = jnp.log(1 - s(d, v, wa)) + jnp.log(1 - s(d, wv, a))
        fake = jnp.log(1 - s(d, v, fa)) + jnp.log(1 - s(d, fv, a))
        d_loss = -(real + wrong.mean() / 2) - (real + fake.mean() / 2)
        d = trained.after.discriminator
        g_loss = -(jnp.log(s(d, v, fa)) + jnp.log(s(d, fv, a))).mean()
        terms = [
            jnp.abs(x - truth).mean()
            for made, truth in zip(back, (v, a), strict=True)
            for x in (made[::2], made[1::2])
        ]
        return {"d_loss": d_loss, "g_loss": g_loss, "reconstruction": sum(terms) / 4}

    for name, value in written_out().items():
        np.testing.assert_allclose(trained.history[0][name], value, rtol=1e-4)


def test_each_path_goes_where_it_should(trained):
    """Cross-modal in even rows, within a modality in odd ones; and back again."""
    module, variables = trained.parts.generator, trained.last.generator.variables
    x = {m: to_unit(jnp.asarray(trained.batch[m])) for m in ("image", "sound")}
    z = jax.random.normal(jax.random.key(5), (2, 2 * B, trained.parts.z_size))

    def turn(source, target, noise):
        ways = {"source": source, "target": target, "train": False, "method": "turn"}
        return module.apply(variables, x[source], noise, **ways)

    @jax.jit
    def compute():
        made = module.apply(variables, x["image"], x["sound"], z, train=False)
        swapped = module.apply(
            variables, x["image"], x["sound"], z[:, :B], train=False, method="exchange"
        )
        alone = {}
        for way, target in enumerate(("image", "sound")):
            other = ("sound", "image")[way]
            alone[target] = (
                (made[way][::2], turn(other, target, z[way, ::2])),
                (made[way][1::2], turn(target, target, z[way, 1::2])),
                (swapped[way], turn(other, target, z[way, :B])),
            )
        return alone

    for target, comparisons in compute().items():
        for actual, expected in comparisons:
            np.testing.assert_allclose(actual, expected, atol=1e-4, err_msg=target)


def test_both_networks_learn(trained):
    first, last = trained.history[0], trained.history[-1]
    assert float(last["reconstruction"]) < 0.6 * float(first["reconstruction"])
    assert float(last["real_logit"]) > float(last["mismatched_logit"]) + 1.0
    assert int(trained.last.step) == 81


def test_averages_are_those_of_real_items_alone(trained):
    """What the encoders see at test time; the second pass sees generated ones."""
    before, after = trained.before.generator, trained.after.generator
    for modality in ("image", "sound"):
        trunk = f"{modality}_encoder"
        kernel = before.params[trunk]["trunk"]["conv1"]["kernel"]
        x = to_unit(jnp.asarray(trained.batch[modality]))
        y = jax.lax.conv_general_dilated(
            x, kernel, (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        y = jax.nn.leaky_relu(y, 0.2)
        kernel = before.params[trunk]["trunk"]["conv2"]["kernel"]
        y = jax.lax.conv_general_dilated(
            y, kernel, (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        mean = after.collections["batch_stats"][trunk]["trunk"]["norm2"]["mean"]
        np.testing.assert_allclose(mean, 0.1 * y.mean((0, 1, 2)), atol=1e-5)


def test_one_run_generates_both_ways(trained, settings):
    system = trained.system
    assert system.directions == (S2I, I2S)
    noise = system.draw_noise(jax.random.split(jax.random.key(0), B))
    for way in system.directions:
        made = jax.jit(
            lambda variables, source, way=way: system.generate(
                {"gan": variables}, source, noise, way
            )
        )(trained.last.inference, trained.batch[way.source])
        assert made.shape == (B, *TASK.shape(way.target))
        # Of the class of their sources, after eighty updates.
        bright = np.asarray(made).mean((1, 2, 3))
        dark = bright[trained.batch["label"] == 0]
        assert dark.max() < bright[trained.batch["label"] == 1].min()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "direction",
            "s2i",
            "direction='s2i': one run of 'cmcgan' makes.*'both'",
        ),
        (
            "gan.average_decay",
            0.9,
            "average_decay=0.9: CMCGAN has none, give",
        ),
        ("gan.pair_weight", 0.1, "gan.pair_weight=0.1: CMCGAN has none"),
        ("gan.discriminator_varied", True, "discriminator_varied=True: CMCGAN has"),
        ("note_reader.sources", 800, "note_reader.sources=800: CMCGAN has none"),
        ("gan.mismatched_weight", 0.0, "mismatched pairs.*mismatched_weight=0.5"),
        ("model.discriminator_head", "convolution", "known: .'dense'"),
    ],
)
def test_what_it_does_not_have_is_refused(field, value, message, settings):
    with pytest.raises(ValueError, match=message):
        assemble(settings("cmcgan", "both", {field: value}), TASK)
    alone = dataclasses.replace(TASK, num_classes=1)
    with pytest.raises(ValueError, match="data of two classes or more"):
        assemble(settings("cmcgan", "both"), alone)
