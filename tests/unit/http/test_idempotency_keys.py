from __future__ import annotations

import pytest

from groundswell.contract.errors import Invalid
from groundswell.http.idempotency import IdempotencyKey, idempotency_key


def key(
    sent: bytes = b"k",
    caller: str = "user:1",
    method: str = "PUT",
    path: str = "/a",
    body: bytes = b"",
) -> IdempotencyKey:
    found = idempotency_key(sent, caller=caller, method=method, path=path, body=body)
    assert found is not None
    return found


def test_a_request_without_the_header_has_no_key() -> None:
    assert idempotency_key(None, caller="u", method="PUT", path="/", body=b"") is None


def test_the_same_attempt_has_the_same_key_and_fingerprint() -> None:
    assert key() == key()


def test_callers_do_not_share_keys() -> None:
    assert key(caller="user:1").key != key(caller="user:2").key


@pytest.mark.parametrize("other", [{"method": "POST"}, {"path": "/b"}, {"body": b"x"}])
def test_another_request_under_the_same_key_has_another_fingerprint(other: dict[str, str]) -> None:
    assert key(**other).key == key().key  # type: ignore[arg-type]
    assert key(**other).fingerprint != key().fingerprint  # type: ignore[arg-type]


def test_the_border_between_parts_counts() -> None:
    assert key(path="/ab", body=b"c").fingerprint != key(path="/a", body=b"bc").fingerprint
    assert key(sent=b"2k", caller="user:1").key != key(sent=b"k", caller="user:12").key


@pytest.mark.parametrize("sent", [b"", b"x" * 256, b"a b", b"\xe9", b"a\x00"])
def test_a_malformed_key_is_refused(sent: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        key(sent=sent)
    assert refused.value.errors[0].field == "Idempotency-Key"


def test_the_longest_key_is_accepted() -> None:
    assert len(key(sent=b"x" * 255).key) == 64
