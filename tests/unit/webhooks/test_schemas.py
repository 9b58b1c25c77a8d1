"""Every event has a schema, and what is sent fits it."""

from __future__ import annotations

import json

import jsonschema_rs
import msgspec
import pytest
from msgspec.structs import fields

from groundswell.contract.catalogue import sample_of
from groundswell.contract.events import EVENT_TYPES, LoggedEvent
from groundswell.contract.events.engagement import CounterValues, VoteCast
from groundswell.domains.webhooks.envelope import cloud_event, schema_url
from groundswell.domains.webhooks.schemas import DIALECT, event_schema

SOURCE = "https://social.example"


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_event_has_a_schema_of_its_envelope_and_its_fields(name: str) -> None:
    struct = EVENT_TYPES[name]
    schema = json.loads(msgspec.json.encode(event_schema(struct, SOURCE)))
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == DIALECT
    assert schema["$id"] == schema_url(SOURCE, name)
    assert schema["description"]
    data = schema["$defs"][schema["properties"]["data"]["$ref"].rpartition("/")[2]]
    assert len(data["properties"]) == len(fields(struct)) + 1, "and the timestamp"
    assert data["additionalProperties"] is False
    assert set(data["required"]) == data["properties"].keys()


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_the_envelope_that_is_sent_has_what_the_schema_says(name: str) -> None:
    struct = EVENT_TYPES[name]
    logged = LoggedEvent(7, "msg-1", 1_000_000, 2_000_000, sample_of(struct))
    sent = json.loads(cloud_event(logged, SOURCE))
    schema = event_schema(struct, SOURCE)
    assert list(sent) == schema["required"]
    whole = jsonschema_rs.Draft202012Validator(
        json.loads(
            msgspec.json.encode(schema | {"properties": schema["properties"] | {"data": {}}})
        )
    )
    assert [str(error) for error in whole.iter_errors(sent)] == []


def test_a_real_event_fits_and_a_wrong_one_does_not() -> None:
    names = [one.encode_name for one in fields(CounterValues)]
    vote = VoteCast(
        media_file_id=7,
        media_title="So What",
        counters=msgspec.convert(dict.fromkeys(names, 1), CounterValues),
        vote_type="up",
    )
    sent = json.loads(cloud_event(LoggedEvent(7, "msg-1", 1, 2, vote), SOURCE))
    schema = json.loads(msgspec.json.encode(event_schema(VoteCast, SOURCE)))
    checked = jsonschema_rs.Draft202012Validator(schema)
    assert [str(error) for error in checked.iter_errors(sent)] == []
    assert not checked.is_valid(sent | {"sequence": 7})
    assert not checked.is_valid(sent | {"data": sent["data"] | {"voteType": "sideways"}})
    assert not checked.is_valid(sent | {"more": 1})
