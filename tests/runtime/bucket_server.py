"""A server that answers as Cloud Storage does, with one empty bucket called "bucket".

    python bucket_server.py PORT

Leases and the files of TensorStore stand on generations: an object is written or
deleted where it is of the one that is expected. The emulator takes no notice of them;
that is added here, and objects can be renamed.
"""

import sys
from http import HTTPStatus

from gcp_storage_emulator.exceptions import NotFound
from gcp_storage_emulator.handlers import objects


def as_expected(handle, *, name_of):
    """A handler that refuses where an object is of another generation than asked."""

    def handler(request, response, storage, *args, **kwargs):
        expected = request.query.get("ifGenerationMatch")
        found = generation(request, storage, name_of(request))
        if expected and expected[0] != found:
            response.status = HTTPStatus.PRECONDITION_FAILED
            return None
        return handle(request, response, storage, *args, **kwargs)

    return handler


def generation(request, storage, name):
    """Of an object, as text; "0" where there is none."""
    try:
        found = storage.get_file_obj(request.params["bucket_name"], name)
    except (NotFound, KeyError):  # The latter of a folder.
        return "0"
    return str(found["generation"])


def with_generation(handle):
    """A handler of downloads that says of which generation the object is."""

    def handler(request, response, storage, *args, **kwargs):
        name = request.params["object_id"]
        response["x-goog-generation"] = generation(request, storage, name)
        return handle(request, response, storage, *args, **kwargs)

    return handler


def move(request, response, storage, *args, **kwargs):
    """Renames an object in its bucket."""
    bucket, name = request.params["bucket_name"], request.params["object_id"]
    if generation(request, storage, name) == "0":
        response.status = HTTPStatus.NOT_FOUND
        return
    moved = objects._copy(
        request.base_url, storage, bucket, name, bucket, request.params["new_id"]
    )
    objects._delete(storage, bucket, name)
    response.json(moved)


MOVE = (
    r"^/storage/v1/b/(?P<bucket_name>[-.\w]+)/o/(?P<object_id>.+)"
    r"/moveTo/o/(?P<new_id>.+)$"
)


def in_path(request):
    return request.params["object_id"]


def in_query(request):
    return request.query["name"][0]


def in_body(request):
    return request.data["meta"]["name"]


objects._media_upload = as_expected(objects._media_upload, name_of=in_query)
objects._multipart_upload = as_expected(objects._multipart_upload, name_of=in_body)
objects.delete = as_expected(objects.delete, name_of=in_path)
objects.download = with_generation(objects.download)


if __name__ == "__main__":
    # It takes the handlers as they are when it is imported.
    from gcp_storage_emulator import server as emulator

    emulator.HANDLERS = ((MOVE, {emulator.POST: move}), *emulator.HANDLERS)
    server = emulator.create_server(
        "localhost", int(sys.argv[1]), in_memory=True, default_bucket="bucket"
    )
    server.run()
