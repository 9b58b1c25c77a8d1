"""What the slice of the intake offers."""

from __future__ import annotations

from groundswell.domains.intake.keeping import taken_in
from groundswell.domains.intake.offering import Intake
from groundswell.domains.intake.people import Pseudonyms
from groundswell.domains.intake.reading import Reader
from groundswell.domains.intake.routes import intake_router
from groundswell.slices import Slice, Tools
from groundswell.store.forgetting import OldRows


def intake_slice(tools: Tools) -> Slice:
    """One route; what follows from the events is for others to say. Ids are forgotten in time."""
    reader = Reader(Pseudonyms(tools.secret, tools.hasher))
    intake = Intake(reader, tools.submit, tools.clock, tools.gate)
    old = OldRows(tools.store, tools.clock, taken_in(tools.host_event_days))
    return Slice(
        "intake", routes=(intake_router(intake),), jobs=(old.run,), statistics=old.statistics
    )
