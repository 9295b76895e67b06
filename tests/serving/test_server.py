"""Clients that are slow, many, or talk nonsense, and what does not depend on them."""

import asyncio
import random
import socket
import threading
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import pytest

from cmgan_jax.serving import bodies
from cmgan_jax.serving import server as serving
from cmgan_jax.serving.line import Line
from cmgan_jax.serving.refusal import Refused

MALFORMED = 1000


def connected(server):
    where = urlsplit(server)
    return socket.create_connection((where.hostname, where.port), timeout=10)


def valid(draw):
    """A request that would be served or refused properly."""
    body = draw.randbytes(draw.choice([0, 1, 256, 5000]))
    path = draw.choice(
        [
            "/",
            "/ready",
            "/moments",
            "/results/s2i?seed=1",
            "/attention/s2i",
            "/gallery/x",
        ]
    )
    head = [
        f"{draw.choice(['GET', 'POST', 'PUT', 'OPTIONS', 'BREW'])} {path} HTTP/1.1",
        "Host: localhost",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def malformed(draw):
    """That request, with what fuzzers and broken clients do to it."""
    request = bytearray(valid(draw))
    kind = draw.randrange(7)
    if kind == 0:  # bytes that are others
        for _ in range(draw.randint(1, 20)):
            request[draw.randrange(min(len(request), 120))] = draw.randrange(256)
    elif kind == 1:  # broken off
        request = request[: draw.randrange(len(request))]
    elif kind == 2:  # another length
        wrong = draw.choice([b"-1", b"1e3", b"99999999999999999999", b"7, 8", b"\xb2"])
        request = request.replace(b"Content-Length: ", b"Content-Length: " + wrong)
    elif kind == 3:  # too much of a head
        request = request.replace(b"Host", b"X: " + b"y" * draw.randint(1, 70000))
    elif kind == 4:  # paths of others
        wrong = draw.choice(
            [b"/page/../../../etc/passwd", b"/page/%00", b"//evil", b"/%ff%fe", b"*"]
        )
        request = request.replace(b" /", b" " + wrong, 1)
    elif kind == 5:  # a chunked body that is none
        request = request.replace(
            b"Connection: close", b"Transfer-Encoding: chunked\r\nConnection: close"
        )
    else:  # no HTTP
        request = bytearray(draw.randbytes(draw.randint(1, 2000)))
    return bytes(request)


def test_a_thousand_malformed_requests_leave_it_serving(client, server):
    draw, answered = random.Random(0), 0
    for number in range(MALFORMED):
        with connected(server) as connection:
            try:
                connection.sendall(malformed(draw))
                connection.shutdown(socket.SHUT_WR)
                # Every tenth waits for the answer, the others have gone.
                answered += number % 10 == 0 and bool(connection.recv(4096))
            except OSError:  # it hung up first
                pass
    assert answered > MALFORMED / 20
    assert client.get("/ready").status_code == 200
    assert client.get("/gallery/s2i").status_code == 200


def test_a_client_that_does_not_come_to_the_point_is_hung_up_on(server, monkeypatch):
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.3)
    with connected(server) as silent, connected(server) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert silent.recv(1) == b"" and slow.recv(1) == b""


def test_a_client_in_the_midst_of_a_request_is_not_hung_up_on(server, monkeypatch):
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.2)
    with connected(server) as client:
        head = b"POST /moments HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"
        client.sendall(head + b"x")
        time.sleep(0.8)
        client.sendall(b"y")
        assert client.recv(4096).startswith(b"HTTP/1.1 415")


def test_a_body_that_does_not_come_is_not_waited_for(server, monkeypatch):
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.3)
    with connected(server) as client:
        head = b"POST /moments HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        client.sendall(head + b"x")
        assert client.recv(4096).startswith(b"HTTP/1.1 408")


def test_a_body_without_end_is_read_no_further_than_it_may_go(monkeypatch):
    monkeypatch.setattr(bodies, "MOST_BYTES", 1 << 20)
    read = []

    async def stream():
        for number in range(100):
            read.append(number)
            yield bytes(1 << 16)

    async def upload():
        request = SimpleNamespace(headers={}, stream=stream)
        async with bodies.uploaded(request):
            pass

    with pytest.raises(Refused, match="1 MB"):
        asyncio.run(upload())
    assert len(read) == 17


def test_a_line_has_room_for_so_many_and_is_free_again():
    line, gate, done = Line("test", room=2), threading.Event(), []
    first = line.start(gate.wait, 10)
    second = line.start(done.append, "second")
    with pytest.raises(Refused) as refusal:
        line.start(done.append, "third")
    assert refusal.value.status == 503
    assert refusal.value.answer().headers["retry-after"] == "2"
    gate.set()
    assert first.result(10) and second.result(10) is None
    line.start(done.append, "fourth").result(10)
    assert done == ["second", "fourth"]
    line.close()


def test_a_full_line_is_an_answer_in_words(client, ways, monkeypatch):
    def full(self, work, *arguments):
        raise Refused(503, "Busy: many requests are waiting. Try again shortly.")

    monkeypatch.setattr(Line, "start", full)
    answer = client.post("/results/s2i", content=bytes(256))
    assert answer.status_code == 503 and "Busy" in answer.json()["error"]


def test_a_port_that_is_taken_is_told():
    with serving.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert serving.address(taken) == f"http://127.0.0.1:{port}/"
        with pytest.raises(OSError, match=f"--port={port} .*name another --port"):
            serving.listen("127.0.0.1", port)
    with pytest.raises(OSError, match=r"--host=203.* name another --host"):
        serving.listen("203.0.113.1", 0)  # An address for documentation, nobody's.


def test_what_is_wrong_here_is_told_without_details(client, monkeypatch):
    monkeypatch.setattr("cmgan_jax.serving.studio.perform", None)
    answer = client.post("/results/s2i", content=bytes(256))
    assert answer.status_code == 500
    assert "the terminal" in answer.json()["error"]


def test_stale_clients_do_not_fill_the_server(server):
    idle = [connected(server) for _ in range(serving.MOST_CONNECTIONS)]
    try:
        time.sleep(0.3)
        answer = httpx.get(f"{server}ready")
        assert answer.status_code == 503
    finally:
        for connection in idle:
            connection.close()
    time.sleep(0.3)
    assert httpx.get(f"{server}ready").status_code == 200
