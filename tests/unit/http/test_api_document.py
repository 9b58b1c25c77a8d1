from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

Client = httpx.AsyncClient


@pytest.fixture
async def document(client: Client) -> dict[str, Any]:
    answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def statuses(document: dict[str, Any], path: str, method: str) -> set[str]:
    return set(document["paths"][path][method]["responses"])


def test_the_document_says_what_it_is_of(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert (document["info"]["title"], document["info"]["version"]) == ("Groundswell", "1.2.3")


def test_every_operation_documents_the_problems_it_may_answer_with(
    document: dict[str, Any],
) -> None:
    assert statuses(document, "/media/{mediaFileId}/vote", "put") == {
        *("200", "400", "401", "403", "404", "409", "413", "415", "429", "500", "503")
    }
    assert statuses(document, "/lists", "get") == {"200", "400", "401", "429", "500", "503"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*(references(inner) for inner in node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    found = references(document)
    assert "#/components/schemas/Problem" in found
    for reference in found:
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def test_parameters_and_bodies_have_their_bounds(document: dict[str, Any]) -> None:
    operation = document["paths"]["/media/{mediaFileId}/vote"]["put"]
    [parameter] = operation["parameters"]
    assert parameter["name"] == "mediaFileId"
    assert parameter["schema"]["type"] == "integer"
    assert (parameter["schema"]["minimum"], parameter["schema"]["maximum"]) == (1, 2**63 - 1)
    limit = next(
        p for p in document["paths"]["/lists"]["get"]["parameters"] if p["name"] == "limit"
    )
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"]) == (1, 50)


def body_schema(document: dict[str, Any], path: str) -> tuple[bool, dict[str, Any]]:
    [operation] = [one for one in document["paths"][path].values() if "requestBody" in one]
    return operation["requestBody"]["required"], document["components"]["schemas"]["Bid"]


def test_bodies_are_documented_as_strictly_as_they_are_read(document: dict[str, Any]) -> None:
    required, schema = body_schema(document, "/media/{mediaFileId}/vote")
    assert required
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["voteType"]
    duration = next(
        kind for kind in schema["properties"]["playDuration"]["anyOf"] if "minimum" in kind
    )
    assert (duration["minimum"], duration["maximum"]) == (0, 86400)


def test_a_body_that_may_be_absent_is_documented_as_such(document: dict[str, Any]) -> None:
    required, _ = body_schema(document, "/media/{mediaFileId}/plays")
    assert not required


def test_callers_are_documented(document: dict[str, Any]) -> None:
    assert set(document["components"]["securitySchemes"]) == {"user", "host", "visitor"}
    assert {} in document["security"]
    assert document["paths"]["/host"]["post"]["security"] == [{"host": []}]


async def test_the_page_loads_nothing_from_elsewhere(client: Client) -> None:
    answer = await client.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert not re.findall(r'(?:src|href)="(?!/|#|data:)', answer.text)
    style = await client.get("/docs/docs.css")
    assert style.status_code == 200
    assert style.headers["content-type"].startswith("text/css")
    assert "http" not in style.text


async def test_the_page_shows_operations_and_explains_problems(client: Client) -> None:
    page = (await client.get("/docs")).text
    assert "/media/{mediaFileId}/vote" in page
    assert "<code>limit</code> and <code>cursor</code>" in page
    assert "up | down" in page or "down | up" in page
    for code in ("media_not_found", "rate_limited", "cross_site_request", "method_not_allowed"):
        assert f'id="problem-{code}"' in page
