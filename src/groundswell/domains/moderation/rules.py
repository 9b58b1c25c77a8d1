"""The built-in rules: a text in, what each rule has against it out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

Verdict = Literal["allow", "hold", "reject"]

_SEVERITY: Final[tuple[Verdict, ...]] = ("allow", "hold", "reject")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_WORD: Final = re.compile(r"\w+")
_REPEATED: Final = re.compile(r"(\S)\1{11,}")
MOST_LINKS: Final = 2
LONGEST: Final = 5_000
SHORTEST_SHOUT: Final = 24
SHOUTED_SHARE: Final = 0.8


class Finding(msgspec.Struct, frozen=True):
    """What one rule says."""

    rule: str
    verdict: Verdict


class WordList(msgspec.Struct, frozen=True):
    """Words that hold a text, and words that end it; single ones, in lower case."""

    held: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, lines: Iterable[str]) -> WordList:
        """One word per line; ``!`` before it rejects, ``#`` begins a remark."""
        words = [one for line in lines if (one := line.partition("#")[0].strip())]
        rejected = {folded(one[1:]) for one in words if one.startswith("!")}
        return cls(frozenset(folded(one) for one in words if one[0] != "!"), frozenset(rejected))


def folded(text: str) -> str:
    """As it is compared: compatible forms made one, without accents, in lower case."""
    spread = unicodedata.normalize("NFKD", text)
    return "".join(one for one in spread if not unicodedata.combining(one)).casefold()


def findings(text: str, words: WordList) -> list[Finding]:
    """What the rules have against a text; nothing for most."""
    used = set(_WORD.findall(folded(text)))
    checks: tuple[tuple[str, Verdict, bool], ...] = (
        ("word_rejected", "reject", bool(used & words.rejected)),
        ("word_held", "hold", bool(used & words.held)),
        ("links", "hold", len(_LINK.findall(text)) > MOST_LINKS),
        ("repetition", "hold", _REPEATED.search(text) is not None),
        ("shouting", "hold", _is_shouting(text)),
        ("length", "hold", len(text) > LONGEST),
    )
    return [Finding(rule, verdict) for rule, verdict, applies in checks if applies]


def worst(found: Iterable[Finding]) -> Verdict:
    """The verdict of all rules together."""
    return max((one.verdict for one in found), key=_SEVERITY.index, default="allow")


def _is_shouting(text: str) -> bool:
    letters = [one for one in text if one.isalpha() and one.lower() != one.upper()]
    shouted = sum(one.isupper() for one in letters)
    return len(letters) >= SHORTEST_SHOUT and shouted > SHOUTED_SHARE * len(letters)
