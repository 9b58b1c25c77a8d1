"""Erasure finds a user's id within ids that the host made of it, and leaves those of others."""

from __future__ import annotations

import msgspec

from groundswell.access.hashing import AddressHasher
from groundswell.access.limits import RateLimits, WindowsInMemory, parse_limits
from groundswell.access.principal import Principal
from groundswell.app.persons import ERASERS
from groundswell.contract.events.intake import HostEvent, ProjectCreated, UserRegistered
from groundswell.contract.events.sharing import Engager
from groundswell.domains.engagement.withdrawing import withdraw
from groundswell.domains.intake.taking import TakeIn, TakenIn, intake_handler
from groundswell.domains.network.commands import TrackCollaboration
from groundswell.domains.network.handling import network_handler
from groundswell.domains.privacy.handling import privacy_handler
from groundswell.domains.privacy.offering import PrivacyActions
from groundswell.domains.referrals.audit import audit_referrals
from groundswell.domains.referrals.commands import CreateProgram, MakeCode, RecordActivity
from groundswell.domains.referrals.handling import referral_handler
from groundswell.domains.referrals.reactions import referral_attribution
from groundswell.domains.referrals.rules import ProgramRules
from groundswell.domains.sharing.commands import CreateShare, Engagement, RecordEngagements
from groundswell.domains.sharing.handling import sharing_handler
from groundswell.domains.testimonials.commands import RequestTestimonial, SubmitTestimonial
from groundswell.domains.testimonials.handling import testimonial_handler
from groundswell.log.reactions import Reactions
from tests.integration.privacy.people import SECRET, holding
from tests.support.core import Core, ManualClock, running_core

MIA, OTHER = "mia-4711", "mia-47110"
MIA_NAME = "Mia Miller"


def actions_of(core: Core) -> PrivacyActions:
    hasher = AddressHasher(SECRET, clock=core.clock)
    limits = RateLimits(parse_limits("off"), WindowsInMemory)
    return PrivacyActions(core.store, core.submit, hasher, limits, core.clock, {}, ERASERS)


def registered(user: str) -> HostEvent:
    return UserRegistered(source="/users", source_id=f"registered-{user}", user_id=user)


def created(user: str, project: str) -> HostEvent:
    return ProjectCreated(
        source=f"/users/{user}", source_id=f"{user}.made", user_id=user, project_id=project
    )


async def live(core: Core) -> None:
    """Two people come by a code, convert, make projects and share them."""
    await core.submit(
        CreateProgram(
            at=core.clock(),
            program_id="spring",
            name="Spring",
            rules=ProgramRules(landing_url="https://x.example/"),
        )
    )
    code = await core.submit(MakeCode(at=core.clock(), program_id="spring", user_id="ada"))
    events: list[HostEvent] = []
    for user in (MIA, OTHER):
        hints = {"code": code.code}
        first = registered(user)
        assert isinstance(first, UserRegistered)
        events.append(
            UserRegistered(
                source=first.source,
                source_id=first.source_id,
                user_id=user,
                referral=type(first.referral)(**hints),
            )
        )
        events.append(created(user, f"roof-of-{user}"))
    await core.submit(TakeIn(at=core.clock(), events=tuple((one, core.clock()) for one in events)))
    reactions = Reactions("referrals", referral_attribution, core.writer.submit)
    await reactions.consume(await core.events())
    for user in (MIA, OTHER):
        await core.submit(
            RecordActivity(
                at=core.clock(),
                user_id=user,
                parts=("user",),
                event_type="extra",
                external_id=f"spring#{user}-extra",
                program_id="spring",
                occurred_at=core.clock(),
                amount_minor=None,
                currency=None,
                facts={},
            )
        )
        await core.submit(
            CreateShare(
                at=core.clock(),
                share_id=f"share-{len(user):032}",
                user_id=user,
                content_type="project",
                content_id=f"roof-of-{user}",
                platform="acme",
                share_format="link",
                visibility="public",
                metadata={"url": f"https://x.example/u/{user}"},
            )
        )
    engager = Engager(id=MIA, name=MIA_NAME, url=f"https://x.example/u/{MIA}")
    liked = Engagement(
        reference=f"share-{len(OTHER):032}",
        platform_event_id="like-1",
        engagement_type="like",
        engager=engager,
        at=core.clock(),
    )
    early = msgspec.structs.replace(liked, reference="post:soon", platform_event_id="like-2")
    await core.submit(
        RecordEngagements(at=core.clock(), platform="acme", engagements=(liked, early))
    )


async def worked(core: Core) -> None:
    """Two people each worked for another, were asked about it, and said something."""
    for number, (user, owner) in enumerate(((MIA, "ada"), (OTHER, "eve"))):
        await core.submit(
            TrackCollaboration(
                at=core.clock(), project_id=f"by-{user}", partner_id=user, owner_id=owner
            )
        )
        for side, (author, subject) in enumerate(((user, owner), (owner, user))):
            await core.submit(
                RequestTestimonial(
                    at=core.clock(),
                    testimonial_id=f"testimonial-{number}-{side}",
                    project_id=f"{user}.roof-{side}",
                    author_id=author,
                    subject_id=subject,
                    title=None,
                )
            )
        await core.submit(
            SubmitTestimonial(
                at=core.clock(),
                project_id=f"{user}.roof-0",
                author_id=user,
                body="Fine.",
                rating=None,
                display_name=None,
                share_id=None,
                consent_version="1",
            )
        )


async def test_ids_made_of_a_users_id_are_forgotten_with_the_user(ready_url: str) -> None:
    clock = ManualClock()
    handlers = (
        intake_handler(),
        referral_handler(SECRET, "https://x.example", clock),
        sharing_handler(),
        testimonial_handler(clock),
        network_handler(),
        privacy_handler(ERASERS, withdraw),
    )
    async with running_core(ready_url, clock, handlers=handlers) as core:
        await live(core)
        await worked(core)
        tables = {line.partition(":")[0] for line in await holding(core, MIA)}
        assert {"intake_events", "event_log", "shares", "referral_activities"} <= tables
        assert {"referral_conversions", "share_engagements", "parked_engagements"} <= tables
        assert {"testimonials", "collaborations"} <= tables
        others = len(await holding(core, OTHER))
        actions, mia = actions_of(core), Principal("user", MIA, "203.0.113.7", None)
        erased = await actions.erase(mia)
        assert erased.records > 0
        left = [line for line in await holding(core, MIA) if OTHER not in line]
        assert left == []
        assert await holding(core, MIA_NAME) == []
        assert len(await holding(core, OTHER)) == others, "who is called nearly the same stays"
        assert len(await core.rows("SELECT source_id FROM intake_events")) == 4
        assert await audit_referrals(core.store) == []

        head = len(await core.events())
        again = await actions.erase(mia)
        assert (again.records, len(await core.events())) == (0, head)
        taken: TakenIn = await core.submit(
            TakeIn(at=core.clock(), events=((registered(OTHER), core.clock()),))
        )
        assert taken.repeated == 1
