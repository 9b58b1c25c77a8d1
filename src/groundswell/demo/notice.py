"""What visitors of the demo are told about what they see."""

from __future__ import annotations

NOTICE = (
    "Demo. The plays are real: 37,673 songs heard on 25 US classic-rock stations in a week of "
    "June 2014, moved to the present. Simulated: listeners, votes, downloads, comments and when a "
    "song was published; invented: members, referrals and rewards. Data: FiveThirtyEight, "
    "CC BY 4.0; addresses from a web log of elastic/examples, Apache License 2.0."
)
"""Shown on every page while the demo runs: what is real, what is simulated, and credit."""
