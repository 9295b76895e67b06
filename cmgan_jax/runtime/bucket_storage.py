"""What is in buckets of Cloud Storage: read, written and deleted, one object at a time.

Objects are named by their address, gs://bucket/folder/name. The generation of an object
is a number that every writing changes.
"""

import base64
import contextlib
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from cmgan_jax.runtime.whole_file import whole_file

SCHEME = "gs://"


class ChangedError(Exception):
    """An object is not of the generation that was asked for."""


def folder_address(url: str) -> str:
    """The address of a folder, written in one way.

    Raises:
      ValueError: it names none.
    """
    bucket, _, folder = url.removeprefix(SCHEME).partition("/")
    parts = [part for part in folder.split("/") if part]
    if not bucket or not parts or {".", ".."} & set(parts):
        raise ValueError(
            f"{url} names no folder in a bucket, as {SCHEME}BUCKET/FOLDER does."
        )
    return SCHEME + "/".join([bucket, *parts])


def objects(folder: str) -> dict[str, tuple[int, int]]:
    """What lies in a folder: name in it -> (generation, bytes).

    Raises:
      OSError: it cannot be read; says why.
      ValueError: a name leads out of the folder; or the client is missing.
    """
    bucket, _, prefix = folder.removeprefix(SCHEME).partition("/")
    found = {}
    with _explained(folder):
        for blob in _client().list_blobs(bucket, prefix=f"{prefix}/"):
            name = blob.name.removeprefix(f"{prefix}/")
            if {"", ".", ".."} & set(name.removesuffix("/").split("/")) and name:
                raise ValueError(
                    f"{folder} holds {name!r}, which is no path of a file."
                )
            # Names that end in a stroke stand for folders.
            if not name.endswith("/") and name:
                found[name] = blob.generation, blob.size
    return found


def download(address: str, file: Path) -> None:
    """Writes an object to a file; what arrives is compared with its checksum.

    A file that was there before stays what it is for whoever has it open, or mapped.

    Raises:
      OSError: it cannot be read, or the disk is full.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with _explained(address), whole_file(file) as partial:
        _object(address).download_to_filename(partial)


def upload(address: str, file: Path, *, generation: int) -> int:
    """Writes a file in place of a generation of an object, 0 for none.

    Returns:
      The new generation; the object is whole or as it was.

    Raises:
      ChangedError: there is another generation of it, which holds something else.
      OSError: it cannot be written.
    """
    blob = _object(address)
    try:
        with _explained(address):
            blob.upload_from_filename(file, if_generation_match=generation)
    except ChangedError:
        # What was sent twice, as its receipt was lost, is there as well.
        with _explained(address):
            blob.reload()
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "md5").digest()
        if blob.md5_hash != base64.b64encode(digest).decode():
            raise
    return blob.generation


def delete(address: str, *, generation: int | None = None) -> None:
    """Deletes an object; one that is gone is gone.

    Raises:
      ChangedError: there is another generation of it than this one.
      OSError: it cannot be deleted.
    """
    with _explained(address), contextlib.suppress(_exceptions().NotFound):
        _object(address).delete(if_generation_match=generation)


def read_text(address: str) -> tuple[str, int] | None:
    """The text of a small object, and its generation; None where there is none.

    Raises:
      OSError: it cannot be read.
    """
    blob = _object(address)
    with _explained(address), contextlib.suppress(_exceptions().NotFound):
        blob.reload()
        generation = blob.generation
        return blob.download_as_text(), generation
    return None


def write_text(address: str, text: str, *, generation: int) -> int:
    """Writes a small object in place of a generation of it, 0 for none.

    Returns:
      The new generation.

    Raises:
      ChangedError: there is another generation of it.
      OSError: it cannot be written.
    """
    blob = _object(address)
    with _explained(address):
        blob.upload_from_string(text, if_generation_match=generation)
    return blob.generation


def _object(address: str) -> Any:
    bucket, _, name = address.removeprefix(SCHEME).partition("/")
    return _client().bucket(bucket).blob(name)


@functools.cache
def _client() -> Any:
    try:
        from google.auth.exceptions import DefaultCredentialsError
        from google.cloud import storage
    except ImportError as error:
        raise ValueError(
            f"folders in buckets ({SCHEME}...) need the client of Cloud Storage: pip "
            "install 'cmgan_jax[gcs]'."
        ) from error
    try:
        return storage.Client()
    except (DefaultCredentialsError, OSError) as error:
        raise ValueError(
            "this user is not known to Google Cloud (gcloud auth application-default "
            f"login; machines there have service accounts): {_first_line(error)}"
        ) from error


def _exceptions() -> ModuleType:
    from google.api_core import exceptions

    return exceptions


@contextlib.contextmanager
def _explained(address: str) -> Iterator[None]:
    """One line for whatever the client of Cloud Storage raises."""
    _client()
    from google.api_core.exceptions import GoogleAPIError, PreconditionFailed
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    try:
        yield
    except PreconditionFailed as error:
        raise ChangedError(address) from error
    except (GoogleAPIError, GoogleAuthError, RequestException) as error:
        raise OSError(
            f"{address} could not be reached ({_first_line(error)}): is the name "
            "right, and may this user (or this machine's service account) read and "
            "write it?"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300]
