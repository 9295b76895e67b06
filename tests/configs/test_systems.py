"""Every file changes what it says it changes, at every scale."""

import pytest
from ml_collections import ConfigDict

from cmgan_jax import configs
from cmgan_jax.runs.record import differences

# What the files of one change change of the default.
ABLATIONS = {
    "no_attention": {"attention_stage": -1},
    "attention_64": {"attention_stage": 0},
    "attention_128": {"attention_stage": 1},
    "attention_256": {"attention_stage": 2},
    "attention_512": {"attention_stage": 4},
    "residual_control": {"attention_form": "residual"},
    "sagan_attention": {"spectral_norm": "both"},
    "no_spectral_norm": {"spectral_norm": "none"},
    "note_reading": {"sources": 800},
}


def load(name: str, direction: str) -> dict:
    return configs.load(configs.locate(name), direction).to_dict()


def test_no_field_is_called_as_what_holds_it_calls_its_own():
    """--config.note_reader.items=3 would find a method of ConfigDict there."""
    config = load("sa_cmgan:s2i", "s2i")
    fields = {*config} | {
        name for one in config.values() if isinstance(one, dict) for name in one
    }
    assert not fields & {*dir(ConfigDict)}


@pytest.mark.parametrize("scale", ["", "quickstart/"])
@pytest.mark.parametrize("name", ABLATIONS)
def test_an_ablation_changes_one_thing(name, scale):
    default = load(f"sa_cmgan:{scale}s2i", "i2s")
    section = "note_reader" if name == "note_reading" else "model"
    expected = {**default, section: {**default[section], **ABLATIONS[name]}}
    expected["name"] = default["name"].replace("sa_cmgan", name)
    assert load(f"{name}:{scale}s2i", "i2s") == expected


@pytest.mark.parametrize("scale", ["", "quickstart/"])
@pytest.mark.parametrize(
    ("direction", "sketches", "prior"),
    [("s2i", 64, "learnt"), ("i2s", 0, "standard")],
)
def test_duet_is_note_reading_that_is_asked_as_well(direction, sketches, prior, scale):
    names = ("note_reading", "duet")
    told, asked = (load(f"{name}:{scale}{direction}", direction) for name in names)
    assert asked["gan"].pop("note_weight") > told["gan"].pop("note_weight") == 0
    assert (asked["gan"].pop("sketches"), told["gan"].pop("sketches")) == (sketches, 0)
    priors = (asked["gan"].pop("prior"), told["gan"].pop("prior"))
    assert priors == (prior, "standard")
    assert asked.pop("name") == told.pop("name").replace("note_reading", "duet")
    assert asked == told


def test_the_quickstart_is_a_scale_and_the_default_at_it():
    """The scale stands after the colon; what is loaded keeps it."""
    config = load("quickstart:s2i", "i2s")
    assert config == load("sa_cmgan:quickstart/s2i", "i2s")
    assert (config["name"], config["direction"]) == ("sa_cmgan_quickstart", "i2s")
    assert (config["model"]["width"], config["model"]["attention_stage"]) == (16, 1)
    with pytest.raises(ValueError, match="scale 'tiny' is unknown; known: quickstart"):
        load("no_attention:tiny/s2i", "s2i")


@pytest.mark.parametrize("name", sorted({*configs.NAMES} - {"quickstart"}))
def test_no_system_undoes_a_scale(name):
    """Steps and rates of a system are in proportion to those of its scale."""
    full, small = (load(f"{name}:{scale}s2i", "s2i") for scale in ("", "quickstart/"))
    base = {scale: load(f"sa_cmgan:{scale}s2i", "s2i") for scale in ("", "quickstart/")}
    assert small["name"] == f"{full['name']}_quickstart" and full["name"] == name
    for section, field in (
        ("gan", "steps"),
        ("gan", "generator_learning_rate"),
        ("gan", "discriminator_learning_rate"),
        ("classifier", "steps"),
        ("classifier", "learning_rate"),
    ):
        ratio = base["quickstart/"][section][field] / base[""][section][field]
        assert small[section][field] == pytest.approx(full[section][field] * ratio)
    assert small["model"]["width"] == 16 and full["model"]["width"] == 64


def test_the_published_numbers_of_the_original():
    for direction, steps in (("s2i", 12000), ("i2s", 10000)):
        gan = load(f"sa_cmgan_original:{direction}", direction)["gan"]
        assert gan["steps"] == steps
        assert gan["generator_learning_rate"] == 5e-4
        assert gan["discriminator_learning_rate"] == 1e-4


def test_every_name_is_a_config_of_its_own():
    loaded = [load(f"{name}:s2i", "s2i") for name in configs.NAMES]
    for number, one in enumerate(loaded):
        for other in loaded[:number]:
            assert differences(one, other)
