"""How long and how large: a little in the ordinary tests, more in `make soak`, or as asked for."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Everything about these tests that is a matter of patience.

    Attributes:
        seconds: how long events are published in each scenario.
        clients: who listens, over all doors together.
        broadcast: clients of the broadcast.
        storm: clients that lose their connection at once.
        kills: how often a server is killed.
        frames: malformed or hostile messages.
        seed: of everything that is drawn.
    """

    seconds: float
    clients: int
    broadcast: int
    storm: int
    kills: int
    frames: int
    seed: int

    def draw(self, purpose: str) -> random.Random:
        """Chance of its own for each purpose, so that one test does not move the others."""
        return random.Random(f"{self.seed}/{purpose}")


SHORT = Scale(
    seconds=6, clients=60, broadcast=2_000, storm=2_000, kills=2, frames=100_000, seed=20_261
)
LONG = Scale(
    seconds=60, clients=250, broadcast=10_000, storm=10_000, kills=12, frames=100_000, seed=20_261
)


def scale(environment: Mapping[str, str] = os.environ) -> Scale:
    """`SOAK=1` is the long form; `SOAK_SECONDS`, `SOAK_CLIENTS` … change single figures."""
    base = LONG if environment.get("SOAK") == "1" else SHORT

    def asked(name: str, usual: int) -> int:
        return int(environment.get(f"SOAK_{name}", usual))

    return Scale(
        seconds=float(environment.get("SOAK_SECONDS", base.seconds)),
        clients=asked("CLIENTS", base.clients),
        broadcast=asked("BROADCAST", base.broadcast),
        storm=asked("STORM", base.storm),
        kills=asked("KILLS", base.kills),
        frames=asked("FRAMES", base.frames),
        seed=asked("SEED", base.seed),
    )
