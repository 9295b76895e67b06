"""Folders in a bucket: copied, put back, trained in."""

import functools
import io
import sys
import types
from pathlib import Path

import pytest

import cmgan_jax
from cmgan_jax.cli import main
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.judges import require_judges, stored_judges
from cmgan_jax.runs.model import load
from cmgan_jax.runs.train_run import train_run
from cmgan_jax.runtime import bucket_storage, buckets
from cmgan_jax.runtime.bucket_storage import ChangedError


def upload(folder, address):
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            name = file.relative_to(folder).as_posix()
            bucket_storage.upload(f"{address}/{name}", file, generation=0)


def written(bucket, **texts):
    for name, text in texts.items():
        bucket_storage.write_text(f"{bucket}/{name}", text, generation=0)


def text_of(address):
    found = bucket_storage.read_text(address)
    return found and found[0]


def test_what_changed_in_a_copy_is_put_back(bucket):
    """The mistakes: all is sent, or nothing that is new or gone."""
    written(bucket, same="1", changed="2", gone="3", deep_below="4")
    copy = buckets.own_copy(bucket)
    before = bucket_storage.objects(bucket)
    (copy / "changed").write_text("22")
    (copy / "gone").unlink()
    (copy / "new").mkdir()
    (copy / "new/file").write_text("5")
    buckets.put_back(copy / "new")
    after = bucket_storage.objects(bucket)
    assert set(after) == {"same", "changed", "deep_below", "new/file"}
    assert text_of(f"{bucket}/changed") == "22"
    assert after["same"] == before["same"]


def test_what_changed_in_the_bucket_is_fetched(bucket):
    """The mistakes: an old copy is worked on; what is here alone goes."""
    written(bucket, same="1", changed="2", gone="3")
    copy = buckets.kept_copy(bucket)
    read_before = (copy / "changed").open()
    untouched = (copy / "same").stat().st_mtime_ns
    (copy / "own").write_text("4")
    bucket_storage.delete(f"{bucket}/gone")
    bucket_storage.delete(f"{bucket}/changed")
    written(bucket, changed="22", new="5")
    assert buckets.kept_copy(bucket) == copy
    names = {file.name: file.read_text() for file in copy.iterdir()}
    del names[buckets.MARK]
    assert names == {"same": "1", "changed": "22", "new": "5", "own": "4"}
    assert (copy / "same").stat().st_mtime_ns == untouched
    with read_before:  # Another process may have mapped it.
        assert read_before.read() == "2"


def test_what_another_process_wrote_is_not_replaced(bucket):
    """The mistake: one that was thought dead puts back what it knew."""
    written(bucket, metrics="1", same="1")
    late = buckets.own_copy(bucket)
    other = buckets.own_copy(bucket)
    for copy, text in ((other, "1 2"), (late, "1 3")):
        (copy / "metrics").write_text(text)
        (copy / "same").write_text("as the other says")
    buckets.put_back(other)
    with pytest.raises(OSError, match=f"other process meanwhile.* is in {late}"):
        buckets.put_back_own()
    assert text_of(f"{bucket}/metrics") == "1 2"
    assert str(late) not in buckets.own_copies
    (late / "metrics").write_text("1 2")
    buckets.put_back(late)


def test_checkpoints_and_hidden_files_stay_where_they_are(bucket):
    """The mistakes: terabytes are fetched; a lock is put where others find it."""
    written(bucket, **{"run/checkpoints/gan/1/state": "1", "run/.lock": "2"})
    copy = buckets.own_copy(bucket)
    assert [file.name for file in copy.iterdir()] == [buckets.MARK]
    (copy / ".train.lock").write_text("here")
    buckets.put_back(copy)
    assert set(bucket_storage.objects(bucket)) == {
        "run/checkpoints/gan/1/state",
        "run/.lock",
    }


def test_addresses(bucket, tmp_path):
    copy = buckets.own_copy(f"{bucket}//run/")
    assert buckets.address(copy) == f"{bucket}/run"
    assert buckets.address(copy / "a/b") == f"{bucket}/run/a/b"
    assert buckets.address(tmp_path / "a") == str(tmp_path / "a")
    said = io.StringIO()
    print(f"{copy}/a is written", file=buckets.Named(said))
    assert said.getvalue() == f"{bucket}/run/a is written\n"


@pytest.mark.parametrize("url", ["gs://bucket", "gs:///run", "gs://bucket/a/../b"])
def test_what_names_no_folder_is_refused(url):
    with pytest.raises(ValueError, match="names no folder in a bucket"):
        buckets.own_copy(url)


def test_a_name_that_leads_elsewhere_is_refused(bucket, monkeypatch):
    """The mistake: a bucket writes where it likes."""
    client = types.SimpleNamespace(
        list_blobs=lambda name, prefix: [
            types.SimpleNamespace(name=f"{prefix}../elsewhere", generation=1, size=1)
        ]
    )
    monkeypatch.setattr(bucket_storage, "_client", functools.cache(lambda: client))
    with pytest.raises(ValueError, match="no path of a file"):
        buckets.kept_copy(bucket)


def test_a_bucket_that_is_not_there_is_named(bucket):
    with pytest.raises(OSError, match=r"gs://none/run could not be reached \(404"):
        buckets.own_copy("gs://none/run")


def test_without_the_client_one_line_says_what_to_install(monkeypatch):
    bucket_storage._client.cache_clear()
    monkeypatch.setitem(sys.modules, "google.cloud", None)
    with pytest.raises(ValueError, match=r"pip install 'cmgan_jax\[gcs\]'"):
        buckets.own_copy("gs://bucket/run")


def test_generations(bucket):
    address = f"{bucket}/lock"
    first = bucket_storage.write_text(address, "1", generation=0)
    with pytest.raises(ChangedError):
        bucket_storage.write_text(address, "2", generation=0)
    second = bucket_storage.write_text(address, "2", generation=first)
    with pytest.raises(ChangedError):
        bucket_storage.delete(address, generation=first)
    assert bucket_storage.read_text(address) == ("2", second)
    bucket_storage.delete(address, generation=second)
    bucket_storage.delete(address)
    assert bucket_storage.read_text(address) is None


def test_the_command_line_copies_runs_and_leaves_data_to_be_opened(bucket):
    written(bucket, **{"config.json": "{}"})
    given = [
        f"--workdir={bucket}",
        "--data",
        "gs://bucket/data",
        "--config",
        "duet:s2i",
    ]
    workdir, data, config = main._copied(given)
    assert buckets.address(Path(workdir.partition("=")[2])) == bucket
    assert (data, config) == ("--data=gs://bucket/data", "--config=duet:s2i")


class Killed(Exception):
    pass


def killed_at(step):
    def make_sample(*run):
        def look(number, variables, alternative):
            if number >= step:
                raise Killed
            return {}

        return look

    return make_sample


def test_a_run_in_a_bucket(
    bucket, small_data, small_config, small_run, small_model, untimed_metrics, capsys
):
    """The mistakes: it begins anew, loses what was logged, or computes otherwise.

    A damaged checkpoint of it is used, or takes the place of the others.
    """
    upload(small_data.path, f"{bucket}/data")
    data = open_prepared(f"{bucket}/data")
    with pytest.raises(Killed):
        train_run(
            small_config,
            data,
            buckets.own_copy(f"{bucket}/run"),
            make_sample=killed_at(4),
        )
    buckets.own_copies.clear()  # It cannot put back anything any more.
    saved = bucket_storage.objects(f"{bucket}/run")
    assert "config.json" in saved
    assert any(name.startswith("checkpoints/gan/2/") for name in saved)
    assert not any(name.startswith("checkpoints/gan/4/") for name in saved)

    other_machine = buckets.own_copy(f"{bucket}/run")
    train_run(small_config, data, other_machine)
    buckets.put_back_own()
    read = buckets.own_copy(f"{bucket}/run")
    assert untimed_metrics(read) == untimed_metrics(small_run)
    model = load(read)
    assert model.digest == small_model.digest
    assert model.record.data.startswith(f"{bucket}/data")
    (fetched,) = cmgan_jax.load(f"{bucket}/run").models
    assert fetched.digest == model.digest

    # Its recognisers are taken over by another run, in the bucket as well.
    taken = buckets.own_copy(f"{bucket}/other")
    train_run(small_config, data, taken, recognisers_from=read, until="recognisers")
    assert any(
        name.startswith("checkpoints/recognisers/4/")
        for name in bucket_storage.objects(f"{bucket}/other")
    )
    assert not untimed_metrics(taken)

    folder = f"{bucket}/run/checkpoints/gan"
    digests = f"{folder}/4/digests/metadata"
    bucket_storage.delete(digests)
    bucket_storage.write_text(digests, "{}", generation=0)
    train_run(small_config, data, read)
    assert f"{folder}/4 is damaged" in capsys.readouterr().out
    names = {name.split("/")[0] for name in bucket_storage.objects(folder)}
    assert {"2", "4"} < names
    assert any(name.startswith("4.damaged-") for name in names)
    assert load(read).digest == small_model.digest


def test_judges_of_data_in_a_bucket_are_kept_there(bucket, small_data):
    """The mistake: every machine trains them again."""
    upload(small_data.path, f"{bucket}/data")
    require_judges(open_prepared(f"{bucket}/data"), "image", steps=2)
    elsewhere = buckets.own_copy(f"{bucket}/data")
    assert len(stored_judges(open_prepared(elsewhere), "image")) == 2
    assert not any(
        "checkpoints" in name for name in bucket_storage.objects(f"{bucket}/data")
    )
