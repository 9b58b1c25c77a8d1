"""What the built-in rules hold, and what they let pass."""

from __future__ import annotations

import pytest

from groundswell.domains.moderation.rules import WordList, findings, worst

WORDS = WordList.parse(["casino", "!Buypills # spam", "", "# a remark"])


@pytest.mark.parametrize(
    ("text", "rule", "verdict"),
    [
        ("meet me at the CASINO", "word_held", "hold"),
        ("càsino!", "word_held", "hold"),
        ("buypills now", "word_rejected", "reject"),
        ("http://a.example http://b.example www.c.example", "links", "hold"),
        ("yes" + "!" * 12, "repetition", "hold"),
        ("THIS IS THE BEST THING I EVER HEARD", "shouting", "hold"),
        ("word " * 1_001, "length", "hold"),
    ],
)
def test_a_rule_finds_what_it_is_there_for(text: str, rule: str, verdict: str) -> None:
    found = findings(text, WORDS)
    assert [one.rule for one in found] == [rule]
    assert worst(found) == verdict


@pytest.mark.parametrize(
    "text",
    [
        "A fine recording",
        "casinos",
        "OK!!!",
        "NASA AND ESA",
        "http://a.example",
        "素晴らしい録音",
        "",
    ],
)
def test_ordinary_texts_pass(text: str) -> None:
    assert findings(text, WORDS) == []
    assert worst([]) == "allow"


def test_the_harshest_rule_decides() -> None:
    assert worst(findings("casino buypills", WORDS)) == "reject"
