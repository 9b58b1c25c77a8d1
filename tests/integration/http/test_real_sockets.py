"""What only a real server shows: bodies that are too large, and bytes that are no HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

MEGABYTE = 1024 * 1024
JSON = {"content-type": "application/json"}


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False) as one:
        yield one


def talk(address: str, *parts: bytes) -> bytes:
    """Everything the server says to these bytes before it closes or falls silent."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=2) as connection:
        for part in parts:
            connection.sendall(part)
        said = b""
        try:
            while received := connection.recv(65536):
                said += received
        except TimeoutError:
            pass
        return said


def test_ten_megabytes_are_refused_and_the_service_goes_on(client: httpx.Client) -> None:
    answer = client.put("/media/1/vote", content=b" " * (10 * MEGABYTE), headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert client.put("/media/1/vote", json={"voteType": "up"}).status_code == 200


def test_ten_megabytes_in_chunks_are_refused_too(client: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(160):
            yield b" " * 65536

    answer = client.put("/media/1/vote", content=chunks(), headers=JSON)
    assert answer.status_code == 413


def test_a_cookie_comes_and_goes_over_a_real_connection(client: httpx.Client) -> None:
    first = client.get("/whoami").json()["session"]
    assert client.get("/whoami").json()["session"] == first


def test_answers_to_head_have_no_body(address: str) -> None:
    said = talk(address, b"HEAD /lists HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert said.split(b"\r\n\r\n", 1)[1] == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
        b"PUT /media/1/vote HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"PUT /media/1/vote HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
)
def test_bytes_that_are_no_http_are_refused_and_the_service_goes_on(
    address: str, client: httpx.Client, sent: bytes
) -> None:
    said = talk(address, sent)
    assert said.startswith(b"HTTP/1.1 400")
    assert client.get("/lists").status_code == 200


def test_a_client_that_leaves_in_its_body_hurts_nobody(address: str, client: httpx.Client) -> None:
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=2) as connection:
        connection.sendall(
            b"PUT /media/1/vote HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b'Content-Length: 17\r\n\r\n{"vote'
        )
    assert client.get("/lists").status_code == 200
