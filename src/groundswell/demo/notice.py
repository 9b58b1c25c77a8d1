"""What visitors of the demo are told about what they see."""

from __future__ import annotations

NOTICE = (
    "Demo. The plays are real: 37,673 songs heard on 25 US classic-rock stations in one week of "
    "June 2014, moved to the present; plays that were noted together are spread over the time "
    "before. Simulated are who listens and for how long, votes, downloads, comments, and when a "
    "song was published; members, referrals and rewards are invented. Data: FiveThirtyEight, "
    "CC BY 4.0; visitors' addresses from a public web log of elastic/examples, Apache License 2.0."
)
"""Shown on every page while the demo runs: what is real, what is simulated, and credit."""
