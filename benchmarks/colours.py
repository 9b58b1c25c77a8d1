"""The colour of each side in the plots."""

from __future__ import annotations

COLOURS = {
    "groundswell-sqlite": "#0b7a75",
    "groundswell-postgresql": "#1f4e8c",
    "fastify-postgres": "#d98e04",
    "trpc-drizzle": "#9a9a9a",
    "groundswell": "#0b7a75",
    "groundswell-broker": "#1f4e8c",
    "groundswell-socketio": "#4f8fd0",
    "groundswell-sse": "#a3c9ea",
    "ws": "#d98e04",
    "socketio": "#9a9a9a",
    "nchan": "#5c5c5c",
}
