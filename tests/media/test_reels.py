"""Pictures in time: frames of folders, scenes, another sound for a film."""

import numpy as np
import pytest
from PIL import Image

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.reels import SceneWatch, open_reel


@pytest.fixture
def frames(tmp_path):
    """Four frames, the third black, the names of which are not in order of writing."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in (3, 0, 2, 1):
        level = 0 if number == 2 else 60 * number + 30
        picture = np.full((8, 12, 3), level, np.uint8)
        Image.fromarray(picture).save(folder / f"f{number}.png")
    (folder / ".DS_Store").write_bytes(b"no frame")
    return folder


def test_frames_of_a_folder_follow_by_name_for_their_time(frames):
    """The mistakes: the last is shown for ever; a black frame is refused."""
    with open_reel(frames, 4.0) as reel:
        seen = [reel.at(tenths / 20) for tenths in range(25)]
    levels = [None if picture is None else picture[0, 0, 0] for picture in seen]
    assert levels == [30] * 5 + [90] * 5 + [0] * 5 + [210] * 5 + [None] * 5


def test_a_folder_needs_a_rate_and_frames(frames, tmp_path):
    with pytest.raises(ValueError, match="--frames_per_second"), open_reel(frames):
        pass
    (tmp_path / "empty").mkdir()
    with (
        pytest.raises(MediaError, match="no frames"),
        open_reel(tmp_path / "empty", 1.0),
    ):
        pass


def test_cuts_are_seen_and_movement_is_not(smooth_picture):
    """The mistakes: the first picture is a cut; a moving camera is; nothing is."""
    room = smooth_picture(64, 64)
    moved = [np.roll(room[:, ::-1], 2 * step, axis=0)[:, ::-1] for step in range(2)]
    other = 255 - room
    watch = SceneWatch()
    found = [watch.is_cut(picture) for picture in (*moved, other, other, room)]
    assert found == [False, False, True, False, True]
