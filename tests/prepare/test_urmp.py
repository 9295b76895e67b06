"""URMP: every player's sound beside the player's own strip of the film."""

import numpy as np
import pytest
import soundfile

from cmgan_jax.prepare.datasets.urmp.layout import plan_urmp
from cmgan_jax.prepare.notation import Notation
from cmgan_jax.signals.representation import Representation

REPRESENTATION = Representation(image_size=16)
RATE = 44100


def side_by_side(*greys):
    """A film's picture: a player of each grey, before black."""
    picture = np.zeros((32, 32 * len(greys), 3), np.uint8)
    for place, grey in enumerate(greys):
        picture[8:, 32 * place : 32 * (place + 1)] = grey
    return picture


def noise(seconds, loud):
    return np.random.default_rng(0).normal(0, loud, round(RATE * seconds))


@pytest.fixture
def piece(tmp_path, write_film):
    """Writes a piece of one second: players by number, each (instrument, samples)."""

    def write(name, players, *, greys=(60, 120, 180)):
        folder = tmp_path / name
        title = "_".join(name.split("_")[:2])
        shown = {100 * i: side_by_side(*greys[: len(players)]) for i in range(11)}
        write_film(folder / f"Vid_{name}.mp4", shown)
        for number, (instrument, samples) in players.items():
            path = folder / f"AuSep_{number}_{instrument}_{title}.wav"
            soundfile.write(path, samples, RATE)
        return tmp_path

    return write


def test_players_are_cut_out_in_their_order(piece):
    rests = np.concatenate([np.zeros(round(0.65 * RATE)), noise(0.35, 0.1)])
    root = piece(
        "03_Dance_vn_tbn_vn",
        {1: ("vn", noise(1, 0.1)), 2: ("tbn", rests), 3: ("vn", noise(1, 0.1))},
    )
    plan = plan_urmp(root)
    assert (plan.class_names, plan.pairing) == (("trombone", "violin"), "stem")
    assert plan.songs == (
        "trombone/03_Dance_vn_tbn_vn/2",
        "violin/03_Dance_vn_tbn_vn/1",
        "violin/03_Dance_vn_tbn_vn/3",
    )
    seen = {}
    for task in plan.tasks["train"]:
        done = task.produce(REPRESENTATION)
        assert done.defects == ()
        [song] = set(done.split.image.song.tolist())
        seen[plan.songs[song]] = done.split
        assert set(done.split.sound.label) == {task.label}
    greys = {song: split.image.array[:][:, 10].mean() for song, split in seen.items()}
    assert list(greys.values()) == pytest.approx([120, 60, 180], abs=4)
    # Who rests is not shown: windows of 0.5 s, every 0.1 s.
    times = [split.sound.time_ms.tolist() for split in seen.values()]
    assert times[0] == [200, 300, 400, 500] and times[1] == [0, 100, *times[0]]


def test_the_note_that_sounds_longest_in_a_window_is_its_pitch(piece):
    """A4 until 0.55 s, then a rest of 0.3 s, then A5; only the first player's."""
    root = piece("03_Dance_vn_vc", {1: ("vn", noise(1.2, 0.1)), 2: ("vc", noise(1, 1))})
    notes = "0.0\t440.0\t0.55\n0.85\t880.0\t0.35\n"
    (root / "03_Dance_vn_vc" / "Notes_1_vn_03_Dance.txt").write_text(notes)
    plan = plan_urmp(root)
    cello, violin = (task.produce(REPRESENTATION).split for task in plan.tasks["train"])
    assert np.isnan(cello.sound.pitch).all() and plan.defects == ()
    assert violin.sound.time_ms.tolist() == [100 * i for i in range(8)]
    expected = [69.0] * 5 + [81.0] * 3
    for modality in ("image", "sound"):
        assert violin.of(modality).pitch.tolist() == expected


def test_where_no_note_sounds_none_is_told():
    notation = Notation(np.array([[0.0, 60.0, 0.1], [2.0, 62.0, 1.0]]))
    pitches = notation.pitches([0, 500, 1400, 1600, 3000], Representation())
    np.testing.assert_array_equal(pitches, [60, np.nan, np.nan, 62, np.nan])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no note"),
        (b"0.0 440.0\n", "2 columns"),
        (b"0.0 a4 0.5\n", "no table of numbers"),
        (b"0.0 -440.0 0.5\n", "no frequency"),
        (b"0.0 nan 0.5\n", "no frequency"),
        (bytes(range(128, 256)), "no table of numbers"),
    ],
)
def test_notes_that_cannot_be_read_are_named_and_cost_no_recording(
    piece, content, said
):
    root = piece("03_Dance_vn", {1: ("vn", noise(0.6, 0.1))})
    (root / "03_Dance_vn" / "Notes_1_vn_03_Dance.txt").write_bytes(content)
    plan = plan_urmp(root)
    [defect] = plan.defects
    assert defect.path == "03_Dance_vn/Notes_1_vn_03_Dance.txt"
    assert defect.kind == "unreadable_notes" and said in defect.detail
    assert np.isnan(
        plan.tasks["train"][0].produce(REPRESENTATION).split.sound.pitch
    ).all()


def test_whole_pieces_are_held_out(piece):
    for number in range(12):
        players = {1: ("vn", noise(0.6, 0.1)), 2: ("vn", noise(0.6, 0.1))}
        root = piece(f"{number:02d}_Song_vn_vn", players)
    plan = plan_urmp(root)
    pieces = {
        split: {task.images[0].path for task in tasks}
        for split, tasks in plan.tasks.items()
    }
    assert set(pieces) == {"train", "validation", "test"}
    assert sum(len(plan.tasks[split]) for split in pieces) == 24
    assert len(set.union(*pieces.values())) == sum(map(len, pieces.values())) == 12


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda folder: next(folder.glob("Vid_*")).unlink(), "holds 0 films"),
        (lambda folder: next(folder.glob("AuSep_1*")).unlink(), "of the players [2]"),
        (
            lambda folder: next(folder.glob("AuSep_2*")).rename(
                folder / "AuSep_2_lute_03_Dance.wav"
            ),
            "the instruments ['lute']",
        ),
    ],
)
def test_an_incomplete_piece_is_a_defect_and_costs_no_other(piece, break_it, said):
    players = {1: ("vn", noise(0.6, 0.1)), 2: ("vc", noise(0.6, 0.1))}
    piece("04_Aria_vn_vc", players)
    root = piece("03_Dance_vn_vc", players)
    break_it(root / "03_Dance_vn_vc")
    plan = plan_urmp(root)
    [defect] = plan.defects
    assert (defect.path, defect.kind) == ("03_Dance_vn_vc", "unknown_layout")
    assert said in defect.detail
    assert len(plan.tasks["train"]) == 2


def test_a_folder_without_pieces_says_what_is_expected(tmp_path):
    (tmp_path / "img").mkdir()
    [defect] = plan_urmp(tmp_path).defects
    assert "Vid_*.mp4" in defect.detail


def test_one_piece_may_be_the_source(piece):
    root = piece("03_Dance_vn", {1: ("vn", noise(0.6, 0.1))})
    (root / "03_Dance_vn" / "notes.txt").write_text("mine")
    assert len(plan_urmp(root / "03_Dance_vn").tasks["train"]) == 1
