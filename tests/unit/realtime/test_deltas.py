"""Differences of states: small where little changed, absent where the state is better."""

from __future__ import annotations

import msgspec
import pytest

from groundswell.realtime.deltas import MAX_BYTES, DeltaConflict, apply_delta, delta


def board(*scores: int) -> bytes:
    entries = [
        {"userId": f"user-{one}", "position": one, "score": s} for one, s in enumerate(scores)
    ]
    return msgspec.json.encode({"entries": entries, "boardId": "weekly"})


def test_one_changed_score_is_one_operation() -> None:
    patch = delta(board(120, 111, 90), board(120, 111, 95))
    assert msgspec.json.decode(patch or b"") == [
        {"op": "replace", "path": "/entries/2/score", "value": 95}
    ]


def test_the_patch_of_equal_states_is_empty() -> None:
    assert delta(board(1, 2), board(1, 2)) == b"[]"


def test_a_state_that_is_all_new_is_sent_whole() -> None:
    assert delta(b'{"a":1}', b'{"b":2}') is None


def test_a_state_too_large_to_compare_is_sent_whole() -> None:
    large = msgspec.json.encode({"text": "x" * MAX_BYTES, "n": 1})
    assert delta(large, large) is None


def test_deep_nesting_fails_nobody() -> None:
    base, new = (b"[" * 600 + b'"%b"' % (text * 3_000) + b"]" * 600 for text in (b"a", b"b"))
    patch = delta(base, new)
    assert patch is None or apply_delta(base, patch) == new


def test_a_patch_for_another_state_is_refused() -> None:
    patch = delta(board(120, 111, 90), board(120, 111, 95))
    with pytest.raises(DeltaConflict):
        apply_delta(board(120), patch or b"")
