"""How soon the served page has a result, one request after another, as JSON.

    python benchmarks/page_latency.py --workdir=runs/s2i --workdir=runs/i2s --n=200

Starts the server of `serve` in a process of its own and asks it over HTTP as the page
does: for each direction results of the examples, one and four at a time, each of other
noise. Percentiles are of seconds from sending a request to having all of its answer.
"""

import argparse
import base64
import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np

from cmgan_jax.benchmark.machine import describe_machine

SAMPLES = (1, 4)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workdir", action="append", default=[])
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument(
        "--piece",
        nargs=2,
        action="append",
        default=[],
        metavar=("DIRECTION", "FILE"),
        help="s2i and a recording, or i2s and a film, to be made as one piece",
    )
    parser.add_argument("--port", type=int, default=8123)
    given = parser.parse_args()
    flags = [f"--workdir={workdir}" for workdir in given.workdir]
    started = time.monotonic()
    server = subprocess.Popen(
        [sys.executable, "-m", "cmgan_jax", "serve", *flags, f"--port={given.port}"]
    )
    try:
        address = f"http://127.0.0.1:{given.port}"
        with httpx.Client(base_url=address, timeout=60) as client:
            wait_until_warm(client, server)
            warm = time.monotonic() - started
            ways = client.get("/about").json()["ways"]
            measured = {
                f"{way['direction']}, {samples} at a time": percentiles(
                    client, way["direction"], samples, given.n
                )
                for way in ways
                for samples in SAMPLES
            }
            pieces = [piece(client, *one) for one in given.piece]
    finally:
        server.terminate()
        server.wait()
    table = {
        "seconds until warm": round(warm, 2),
        "seconds": measured,
        "pieces": pieces,
    }
    print(json.dumps(table | {"machine": describe_machine()}, indent=2))


def piece(client: httpx.Client, direction: str, file: str) -> dict:
    """Of a whole recording or film: seconds until its piece is fetched.

    It is begun once more, for the seconds that results take meanwhile, and stopped.
    """
    content, started = Path(file).read_bytes(), time.monotonic()
    address = begin(client, direction, content)
    while (about := client.get(address).raise_for_status().json())["state"] != "done":
        time.sleep(0.1)
    size = sum(len(client.get(f"{address}/{x}").content) for x in about["files"])
    taken = time.monotonic() - started
    client.delete(address)
    address = begin(client, direction, content)
    while client.get(address).raise_for_status().json()["state"] != "making":
        time.sleep(0.1)
    meanwhile = percentiles(client, direction, 1, 20)
    client.delete(address)
    return {
        "file": Path(file).name,
        "direction": direction,
        "lasts": round(about["of"], 1),
        "seconds": round(taken, 2),
        "megabytes": round(size / 1e6, 1),
        "one at a time meanwhile": meanwhile,
    }


def begin(client: httpx.Client, direction: str, content: bytes) -> str:
    """The address of a piece that is begun."""
    begun = client.post(f"/pieces/{direction}", content=content)
    return f"/pieces/{begun.raise_for_status().json()['piece']}"


def wait_until_warm(client: httpx.Client, server: subprocess.Popen) -> None:
    """Asks every tenth of a second."""
    while server.poll() is None:
        try:
            if client.get("/ready").status_code == 200:
                return
        except httpx.ConnectError:
            pass
        time.sleep(0.1)
    sys.exit(f"the server ended with status {server.returncode}.")


def percentiles(
    client: httpx.Client, direction: str, samples: int, n: int
) -> dict[str, float]:
    """Of n requests for results of the examples, in turn."""
    exhibits = client.get(f"/gallery/{direction}").json()["exhibits"]
    sources = [base64.b64decode(exhibit["array"]) for exhibit in exhibits]
    times = []
    for number in range(n):
        start = time.perf_counter()
        answer = client.post(
            f"/results/{direction}",
            params={"samples": samples, "seed": number, "turn": number / n},
            content=sources[number % len(sources)],
        )
        times.append(time.perf_counter() - start)
        answer.raise_for_status()
    p50, p95 = np.percentile(times, (50, 95))
    return {"p50": round(float(p50), 4), "p95": round(float(p95), 4), "n": n}


if __name__ == "__main__":
    main()
