"""Requests made from the OpenAPI document: every answer is one that the document announces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core import NotSet
from schemathesis.core.failures import FailureGroup

from groundswell.contract.paging import encode_cursor
from tests.end_to_end.service import Service, shared_service

EXAMPLES = 20
SEED = 20_260_315
STREAMS = {"/v1/stream", "/v1/activity/stream", "/v1/poll"}
"""They are held open, and no schema says what is a topic or a cursor of theirs."""

PAGED_BY_POSITION = ("/v1/media", "/v1/activity")
"""Whose cursors are made as below; a cursor of one list is none of another."""

UNKNOWN_PARAMETER = "query: violates `additionalProperties`"
"""Parameters that nobody knows are ignored: links may carry what others added to them."""

FILES = 40
"""How many files there are for requests to find."""

RECENT = timedelta(days=29)

_positions = st.tuples(st.integers(0, 2**53), st.integers(0, 2**53))
schemathesis.openapi.format("cursor", _positions.map(encode_cursor))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    for one in shared_service(request, tmp_path_factory.mktemp("schema"), request.param):
        host = {"authorization": f"Bearer {one.api_key}"}
        with httpx.Client(base_url=one.url, headers=host, trust_env=False) as client:
            for number in range(FILES):
                client.post("/v1/media", json={"title": f"File {number}"}).raise_for_status()
        yield one


def operations(service: Service) -> list[APIOperation[Any, Any, Any]]:
    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    found = [result.ok() for result in schema.get_all_operations()]
    return [operation for operation in found if operation.path not in STREAMS]


def as_it_may_be(case: Case) -> None:
    """Bring a request that fits the schemas under the rules that no schema can say.

    ``source`` and ``externalId`` go together, and what is reported happened within 30 days. For
    JSON Schema 5.0 is an integer, here it is a mistake. Half of the requests name a file that
    exists. What the data of an event holds is told by its type.
    """
    for event in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(event, dict) and "specversion" in event:
            for name in event.keys() - {"specversion", "id", "source"}:
                del event[name]
            event.update(type="user.registered", data={"userId": "mia"})
    if case.query and not case.operation.path.startswith(PAGED_BY_POSITION):
        for name in {"cursor", "window"} & case.query.keys():
            del case.query[name]
    wanted = (case.path_parameters or {}).get("mediaFileId")
    if isinstance(wanted, int) and wanted % 2 and case.method != "DELETE":
        case.path_parameters["mediaFileId"] = wanted % FILES + 1
    if isinstance(case.body, dict):
        case.body = with_whole_numbers(case.body)
        alone = (case.body.get("source") is None) != (case.body.get("externalId") is None)
        if alone and "specversion" not in case.body:
            case.body.pop("source", None)
            case.body.pop("externalId", None)
        of_a_program(case.body)
        of_a_board(case)
        of_a_reward(case)
        of_a_webhook(case)
        if case.operation.path.endswith(("/codes", "/touches")):
            case.body["userId"] = "mia"
        for name in {"occurredAt", "publishedAt", "startsAt", "at"} & case.body.keys():
            if case.body[name] is not None:
                ago = RECENT * (len(str(case.body[name])) % 10 / 10)
                case.body[name] = (datetime.now(UTC) - ago).isoformat()


def with_a_user(case: Case) -> None:
    """Only users may leave out whose code it is: the host has to name somebody."""
    body = {} if case.body is None or isinstance(case.body, NotSet) else case.body
    if case.operation.path.endswith("/codes") and isinstance(body, dict):
        case.body = body if body.get("userId") is not None else {**body, "userId": "mia"}


def of_a_program(body: dict[str, Any]) -> None:
    """Rules that do not contradict themselves, times that end after they begin, a known user."""
    rules = body.get("rules")
    if isinstance(rules, dict):
        for name in {"rewards", "stages"} & rules.keys():
            del rules[name]
        if "landingUrl" not in rules and "fraud" not in rules:
            rules.clear()
    for name in {"endsAt", "expiresAt"} & body.keys():
        if body[name] is not None:
            body[name] = (datetime.now(UTC) + RECENT).isoformat()
    for name in {"amount", "refunded"} & body.keys():
        if body[name] is not None:
            body[name] = {"amount": "12.50", "currency": "EUR"}
    body.pop("cookie", None)


def of_a_reward(case: Case) -> None:
    """An amount of a reward is in the reward's currency."""
    if case.operation.path == "/v1/rewards/{rewardId}/reverse":
        case.body.pop("amount", None)


def of_a_board(case: Case) -> None:
    """Fields that go together, and one way to say whose sessions end."""
    path, body = case.operation.path, case.body
    if path == "/v1/leaderboards":
        for name in {"timeZone", "programId", "currency", "startsAt"} & body.keys():
            del body[name]
        body["metric"] = "custom"
    if path.endswith("/scores"):
        body.pop("reverses", None)
        body["points"] = 5
    if path == "/v1/tokens/revoke":
        case.body = {"userId": "mia"}


def of_a_webhook(case: Case) -> None:
    """Addresses that may be called, events that exist, one way to name what is sent again."""
    body = case.body
    if not case.operation.path.startswith("/v1/webhook-endpoints"):
        return
    if "url" in body:
        body["url"] = "https://hooks.invalid/groundswell"
    if "events" in body:
        body["events"] = ["engagement.*"]
    if case.operation.path.endswith("/replay"):
        named = {"eventIds": body["eventIds"]} if "eventIds" in body else {"from": "2026-01-01"}
        case.body = named


def with_whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: with_whole_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_whole_numbers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_the_document_announces(
    service: Service, mode: GenerationMode
) -> None:
    host = {"Authorization": f"Bearer {service.api_key}"}
    statuses: Counter[int] = Counter()
    wrong: list[str] = []

    def check(operation: APIOperation[Any, Any, Any]) -> None:
        @seed(SEED)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def holds(case: Case) -> None:
            with_a_user(case)
            if mode is GenerationMode.POSITIVE:
                as_it_may_be(case)
            statuses[case.call_and_validate(headers=host).status_code] += 1

        holds()

    for operation in operations(service):
        # Where nothing is sent, nothing can be sent wrongly.
        takes_anything = list(operation.iter_parameters()) or list(operation.body)
        if takes_anything or mode is GenerationMode.POSITIVE:
            try:
                check(operation)
            except FailureGroup as failure:
                wrong += [
                    f"{operation.label}: {one}"
                    for one in failure.exceptions
                    if UNKNOWN_PARAMETER not in str(one)
                ]
    assert wrong == [], "\n\n".join(wrong)
    assert statuses.total() > 10 * EXAMPLES
    if mode is GenerationMode.POSITIVE:
        assert set(statuses) >= {200, 201, 404}
        assert set(statuses) <= {200, 201, 202, 204, 401, 403, 404, 409}
    else:
        assert statuses[400] > statuses.total() / 2
    assert '"level":"error"' not in service.logs()
    service.audit()
