"""Only the page itself, at an address of this computer, is answered."""

import pytest

FOREIGN_HOSTS = (
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.",
    "",
    "[::1",
    "0",
)


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_foreign_hosts_are_refused(client, host):
    for path in ("/", "/ready", "/page/main.js"):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 421
        assert "localhost" in answer.json()["error"]


@pytest.mark.parametrize("host", ["localhost:1", "LOCALHOST", "127.0.0.1", "[::1]:80"])
def test_names_of_this_computer_are_served(client, host):
    assert client.get("/ready", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"},
    ],
)
def test_other_sites_get_nothing_and_do_nothing(client, headers):
    for asked in (
        client.get("/about", headers=headers),
        client.post("/moments", headers=headers, content=b"x"),
    ):
        assert asked.status_code == 403
        assert "only the page itself may" in asked.json()["error"]


def test_a_link_to_the_page_may_be_followed_and_the_page_may_ask(client):
    visit = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
    }
    assert client.get("/", headers=visit).status_code == 200
    assert client.get("/about", headers=visit).status_code == 403
    framed = visit | {"sec-fetch-dest": "iframe"}
    assert client.get("/", headers=framed).status_code == 403
    origin = str(client.base_url).rstrip("/")
    own = {"origin": origin, "sec-fetch-site": "same-origin"}
    assert client.get("/about", headers=own).status_code == 200
