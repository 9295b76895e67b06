"""The list of the files that data were made from."""

import json
import os

from cmgan_jax.prepare.source import changes_of, list_source


def test_the_list_of_a_source_ends(tmp_path):
    source = tmp_path / "own"
    (source / "inner").mkdir(parents=True)
    (source / "one.txt").write_text("x")
    (source / "inner" / "two.txt").write_text("xx")
    (source / "loop").symlink_to(source)
    (source / "gone.txt").symlink_to("nowhere")
    os.mkfifo(source / "pipe.txt")
    os.close(os.open(os.fsencode(source) + b"/caf\xe9.txt", os.O_CREAT))
    listed = list_source(source, leave_out=tmp_path / "out")
    json.dumps(listed, ensure_ascii=False).encode("utf-8")
    names = [line.split(" ", 2)[2] for line in listed["files"]]
    assert names == ["caf\\xe9.txt", "gone.txt", "inner/two.txt", "one.txt", "pipe.txt"]
    read = list_source(source, leave_out=tmp_path / "out", contents=True)
    assert sorted(read.pop("sha256")) == names and read == listed
    assert not changes_of(listed, list_source(source, leave_out=tmp_path / "out"))
    archive = list_source(source / "one.txt", leave_out=tmp_path)
    assert [line.split(" ", 2)[2] for line in archive["files"]] == ["one.txt"]
