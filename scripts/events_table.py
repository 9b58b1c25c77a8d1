"""The table of events' fields in docs/events.md, made of the very structs that are sent.

``python -m scripts.events_table`` writes it; a test fails while it is not what is written.
"""

from __future__ import annotations

from pathlib import Path

from groundswell.contract.catalogue import entry_of
from groundswell.contract.events import EVENT_TYPES

PAGE = Path(__file__).parents[1] / "docs/events.md"
BEGIN = "<!-- made by scripts/events_table.py from here -->\n"
END = "<!-- to here -->\n"


def table() -> str:
    """The table as it should be."""
    lines = ["| event | data | told as it is on | privacy | critical |", "|---|---|---|---|---|"]
    for name, struct in sorted(EVENT_TYPES.items()):
        entry = entry_of(struct)
        fields = ", ".join(f"`{field}`" for field in entry.fields if field != "timestamp")
        topics = ", ".join(f"`{topic}`" for topic in entry.topics)
        critical = "yes" if entry.critical else ""
        lines.append(f"| `{name}` | {fields} | {topics} | {entry.privacy} | {critical} |")
    return "\n".join(lines) + "\n"


def written() -> str:
    """The table as it is in the page."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Write it."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
