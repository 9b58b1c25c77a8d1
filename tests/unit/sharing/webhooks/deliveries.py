"""Webhooks as they come, and what tests make adapters of."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from groundswell.contract.times import now
from groundswell.domains.sharing.webhooks.adapter import Delivery, Surroundings
from groundswell.domains.sharing.webhooks.mentions import Mentions

SHARE = "share-" + "a" * 32
LINK = f"https://gs.example/s/{SHARE}"
NOW = now()


async def nothing(_: str) -> Any:
    raise OSError("no server is asked here")


SURROUNDINGS = Surroundings(now, Mentions("https://gs.example"), nothing)


def delivery(body: object, target: str = "/v1/webhooks/x", **headers: str) -> Delivery:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery(method="POST", target=target, headers=named, body=raw)


def seconds() -> int:
    return int(time.time())
