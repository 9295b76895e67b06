"""Which files belong together by their names, and what is asked where that is open."""

import json
import os
import pathlib
import unicodedata

import pytest

from cmgan_jax.prepare.datasets.paired_folders.planning import plan_paired_folders

NFC = unicodedata.normalize("NFC", "Flöte")
NFD = unicodedata.normalize("NFD", "Flöte")


@pytest.fixture
def files(tmp_path):
    """Makes empty files of a class and modality: planning opens none."""

    def made(modality, name, *stems, suffix=None):
        folder = tmp_path / modality / name
        folder.mkdir(parents=True, exist_ok=True)
        if suffix is None:
            suffix = {"img": ".png", "audio": ".wav"}[modality]
        for stem in stems:
            (folder / f"{stem}{suffix}").write_bytes(os.fsencode(f"{modality}{stem}"))

    made.root = tmp_path
    return made


def plan_of(root, **asked):
    return plan_paired_folders(root, pictures_of_sound=False, **asked)


def pairs_of(plan):
    return {
        (pathlib.Path(image.shown).name, pathlib.Path(sound.shown).name)
        for tasks in plan.tasks.values()
        for task in tasks
        for image, sound in zip(task.images, task.sounds, strict=True)
    }


@pytest.mark.parametrize(
    ("image", "sound"),
    [
        ("IMG_07", "img_07"),
        (f"{NFC}_1", f"{NFD}_1"),
        (f"{NFC.upper()}_1", f"{NFD}_1"),
        (os.fsdecode(b"caf\xe9"), os.fsdecode(b"caf\xe9")),
        ("dots.in.name.v2", "dots.in.name.v2"),
        ("new\nline", "new\nline"),
    ],
)
def test_names_that_are_the_same_to_a_person_are_one_moment(files, image, sound):
    files("img", "flute", image)
    files("audio", "flute", sound)
    plan = plan_of(files.root)
    assert plan.pairing == "stem" and plan.defects == ()
    assert len(pairs_of(plan)) == 1
    assert "1 pair, 0 pictures and 0 sounds left over" in plan.notes[1]
    # Whatever the names hold can be stored and printed.
    stems = [task.images[0].stem for task in plan.tasks["train"]]
    json.dumps([plan.notes, plan.songs, stems], ensure_ascii=False).encode("utf-8")


def test_capitals_count_where_they_tell_two_files_apart(files):
    files("img", "flute", "take", "Take")
    files("audio", "flute", "take", "Take")
    assert pairs_of(plan_of(files.root)) == {
        ("take.png", "take.wav"),
        ("Take.png", "Take.wav"),
    }


def test_what_is_left_over_is_counted_and_named(files):
    files("img", "flute", "a", "b", "c")
    files("audio", "flute", "a", "b", "x", "y", "z")
    plan = plan_of(files.root, pairing="stem")
    assert "2 pairs, 1 picture and 3 sounds left over" in plan.notes[1]
    assert sorted(d.path for d in plan.defects if d.kind == "orphan_stem") == [
        *("audio/flute/x.wav", "audio/flute/y.wav", "audio/flute/z.wav"),
        "img/flute/c.png",
    ]


NEARLY = {
    "some match": (["a", "b", "c", "d", "e"], ["a", "v", "w", "x", "y"]),
    "capitals leave it open": (["aB", "Ab"], ["AB", "ab"]),
    "leading zeros": (["take_7", "take_8"], ["take_07", "take_08"]),
    "signs": (["take-a", "take b"], ["take_a", "take_b"]),
    "accents": (["Prelude", "Etude"], ["Prélude", "Étude"]),
}


@pytest.mark.parametrize("case", NEARLY)
def test_what_nearly_matches_is_asked(files, case):
    images, sounds = NEARLY[case]
    files("img", "flute", *images)
    files("audio", "flute", *sounds)
    with pytest.raises(ValueError) as raised:
        plan_of(files.root)
    assert "--pairing=stem" in str(raised.value) and "--pairing=class" in str(
        raised.value
    )
    assert plan_of(files.root, pairing="class").pairing == "class"


def test_both_answers_are_followed(files):
    files("img", "flute", "a", "b", "c", "d", "e")
    files("audio", "flute", "a", "v", "w", "x", "y")
    plan = plan_of(files.root, pairing="stem")
    assert plan.pairing == "stem" and pairs_of(plan) == {("a.png", "a.wav")}
    plan = plan_of(files.root, pairing="class")
    assert plan.pairing == "class" and plan.defects == ()
    assert "as --pairing=class says" in plan.notes[1]


def test_stems_asked_for_where_there_are_none(files):
    files("img", "flute", "a")
    files("audio", "flute", "x")
    with pytest.raises(ValueError, match=r"none of 1 pictures .* of 1 sounds"):
        plan_of(files.root, pairing="stem")
    with pytest.raises(ValueError, match="known: auto, stem, class"):
        plan_of(files.root, pairing="steam")


@pytest.mark.parametrize("other", [NFD, NFC.upper(), NFC.lower()])
def test_one_class_under_two_spellings(files, other):
    files("img", NFC, "a", "b")
    files("audio", other, "a", "b")
    plan = plan_of(files.root)
    # The name of the folder that is met first, audio before img.
    assert plan.class_names == (unicodedata.normalize("NFC", other),)
    assert plan.defects == ()
    assert len(pairs_of(plan)) == 2


@pytest.mark.parametrize(
    ("other", "said", "classes"),
    [
        (NFD, "the form of its accents only", (NFC,)),
        ("flöte", "capitals only", (NFC, "flöte")),
    ],
)
def test_two_classes_that_look_the_same_are_named(files, other, said, classes):
    files("img", NFC, "a", "b")
    files("audio", NFC, "a", "b")
    files("img", other, "c", "d")
    files("audio", other, "c", "d")
    plan = plan_of(files.root)
    alike = [d for d in plan.defects if d.kind == "look_alike_class"]
    assert len(alike) == 2 and all(said in defect.detail for defect in alike)
    assert plan.class_names == classes
    # Nothing of one is taken for the other's.
    pairs = {(image[0], sound[0]) for image, sound in pairs_of(plan)}
    assert pairs in ({("a",) * 2, ("b",) * 2}, {("c",) * 2, ("d",) * 2}) or (
        len(classes) == 2 and pairs == {(name,) * 2 for name in "abcd"}
    )


def test_left_behinds_are_not_seen_and_media_go_before_notes(files):
    files("img", "flute", "a", "._a", "thumbs", "@eaDir")
    files("img", "flute", "Thumbs", "ehthumbs", suffix=".db")
    files("img", "flute", "Icon\r", suffix="")
    files("img", "flute", "a", suffix=".cue")
    files("audio", "flute", "a", "thumbs", "@eaDir")
    (files.root / "img/flute/@eadir").mkdir()
    (files.root / "__macosx").mkdir()
    plan = plan_of(files.root)
    kinds = [(defect.path, defect.kind) for defect in plan.defects]
    assert kinds == [("img/flute/a.cue", "duplicate_stem")]
    assert ("a.png", "a.wav") in pairs_of(plan)


@pytest.mark.parametrize("name", ["x_{}", "x{}", "x-{}b"])
def test_frames_are_in_the_order_of_their_numbers(files, name):
    numbers = (*range(8, 12), *range(998, 1003), *range(9_998, 10_003))
    stems = [name.format(number) for number in numbers]
    files("img", "flute", *stems)
    files("audio", "flute", *stems)
    plan = plan_of(files.root)
    for tasks in plan.tasks.values():
        [order] = [[image.stem for image in task.images] for task in tasks]
        expected = [f"flute/{stem}" for stem in stems if f"flute/{stem}" in order]
        assert order == expected


@pytest.mark.parametrize(("images", "sounds"), [(1, 6), (6, 1)])
def test_one_picture_for_many_sounds_is_remarked(files, images, sounds):
    files("img", "flute", *(f"photo{i}" for i in range(images)))
    files("audio", "flute", *(f"take{i}" for i in range(sounds)))
    plan = plan_of(files.root)
    [note] = [note for note in plan.notes if note.startswith("flute: ")]
    assert f"{images} picture" in note and f"{sounds} sound" in note
    assert "Expected are several of each" in note


def test_folders_inside_a_class_are_named_with_what_to_do(files):
    for modality in ("img", "audio"):
        files(modality, "flute/player1", "a", "b")
        files(modality, "tuba", "a", "b")
    plan = plan_of(files.root)
    nested = [d for d in plan.defects if d.path.endswith("/flute/player1")]
    assert len(nested) == 2
    assert all("2 files in it" in d.detail for d in nested)
    assert all("move them up" in d.detail for d in nested)


def test_classes_first_is_recognised(files):
    for modality in ("img", "audio"):
        folder = files.root / "flute" / modality
        folder.mkdir(parents=True)
        (folder / "a").touch()
    [defect] = plan_of(files.root).defects
    assert "make flute/img to img/flute" in defect.detail or (
        "make flute/audio to audio/flute" in defect.detail
    )
