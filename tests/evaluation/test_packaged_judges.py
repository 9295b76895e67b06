"""Judges that come with the package: for the very rows they are of, and no others."""

import json

import pytest

from cmgan_jax.data.integrity import PREPARED_FILE
from cmgan_jax.evaluation import judge_training, judges, packaged_judges
from cmgan_jax.evaluation.judge_training import VARIABLES
from cmgan_jax.signals.direction import MODALITIES

ROWS = {"judging": {"n": 60}, "test": {"n": 30}}
FILES = (VARIABLES, judges.RECORD)


class Trained(Exception):
    pass


@pytest.fixture(scope="module")
def described(make_data, tmp_path_factory):
    """(digests of items and of pixels) -> data of which that is written."""

    def make(*, items, pixels):
        data = make_data(tmp_path_factory.mktemp("data"), ROWS)
        file = data.path / PREPARED_FILE
        description = json.loads(file.read_text())
        digests = {"test/image_items.npz": items, "test/image.npy": pixels}
        file.write_text(json.dumps(description | {"sha256": digests}))
        return data

    return make


@pytest.fixture(scope="module")
def trained(described):
    """Data, and their judges of pictures."""
    data = described(items="a", pixels="b")
    return data, judges.require_judges(data, "image", steps=2)


@pytest.fixture
def packaged(trained, tmp_path, monkeypatch):
    """Those judges, in a package; where others would be trained is seen."""
    monkeypatch.setattr(packaged_judges, "FOLDER", tmp_path / "package")
    data, found = trained
    names = [f"image/{design.name}" for design in judges.DESIGNS]
    packaged_judges.package(data, dict.fromkeys(names, FILES))

    def train(*arguments, **more):
        raise Trained

    monkeypatch.setattr(judge_training, "train", train)
    return found


def test_the_same_rows_with_other_rounding_get_them(packaged, described):
    """The mistake: on another processor they are trained again, as others."""
    data = described(items="a", pixels="rounded")
    taken = judges.require_judges(data, "image")
    assert [j.digest for j in taken] == [j.digest for j in packaged]
    assert [j.real for j in taken] == [j.real for j in packaged]
    record = judges.judge_folder(data, "image", "pooled") / judges.RECORD
    assert json.loads(record.read_text())["packaged"]
    assert len(judges.stored_judges(data, "image")) == 2


def test_other_rows_do_not(packaged, described):
    """The mistake: songs that a model met are judged by who learnt from them."""
    with pytest.raises(Trained):
        judges.require_judges(described(items="c", pixels="b"), "image")


def test_the_other_modality_has_none(packaged, described):
    with pytest.raises(Trained):
        judges.require_judges(described(items="a", pixels="b"), "sound")


def test_asked_for_updates_they_are_trained(packaged, described):
    data = described(items="a", pixels="b")
    with pytest.raises(Trained):
        judges.require_judges(data, "image", steps=2)


def test_who_fails_on_the_data_at_hand_does_not_judge(packaged, described):
    file = packaged_judges.FOLDER / "image/strided" / judges.RECORD
    record = json.loads(file.read_text())
    record["real"]["test"]["accuracy"] += 2 * judges.ROUNDED
    file.write_text(json.dumps(record))
    data = described(items="a", pixels="b")
    with pytest.raises(Trained):
        judges.require_judges(data, "image")
    assert not judges.stored_judges(data, "image")


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("design", judges.DESIGNS, ids=lambda design: design.name)
def test_those_of_the_embedded_data_are_of_this_software(modality, design):
    """The mistake: networks or seeds change, and the package has what were judges."""
    folder = packaged_judges.FOLDER / modality / design.name
    record = json.loads((folder / judges.RECORD).read_text())
    assert record["network"] == repr(design.network(13, modality))
    assert (record["seed"], record["rows"]) == (design.seed, "judging")
    assert record["steps"] == judges.STEPS
    variables = judge_training.read_variables(folder)
    assert judge_training.variables_digest(variables) == record["digest"]
