"""URMP: every player's sound beside the player's own strip of the film."""

import numpy as np
import pytest
import soundfile

from cmgan_jax.prepare.datasets.urmp.layout import plan_urmp
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
