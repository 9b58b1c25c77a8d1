"""The slices of this service, collected: what each offers, and what runs for it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar.types import ControllerRouterHandler

from groundswell.access.limits import RateLimits
from groundswell.app.catalogue import MediaCatalogue
from groundswell.app.core import Core
from groundswell.app.persons import ERASERS, exports_of
from groundswell.app.whereabouts import Whereabouts
from groundswell.contract import times
from groundswell.contract.moderation import Release
from groundswell.domains.announcements.wiring import announcement_slice
from groundswell.domains.engagement.vote_wiring import vote_review_slice
from groundswell.domains.intake.wiring import intake_slice
from groundswell.domains.leaderboards.mirror import BoardMirror
from groundswell.domains.leaderboards.wiring import leaderboard_slice
from groundswell.domains.moderation.offering import Moderation
from groundswell.domains.moderation.wiring import moderation_of, moderation_slice
from groundswell.domains.network.rows import are_friends
from groundswell.domains.network.wiring import network_slice
from groundswell.domains.privacy.wiring import privacy_slice
from groundswell.domains.privacy.wishes import wishes_of
from groundswell.domains.recommendations.wiring import recommendation_slice
from groundswell.domains.referrals.wiring import referral_slice
from groundswell.domains.rewards.wiring import reward_slice
from groundswell.domains.sharing.wiring import sharing_slice
from groundswell.domains.testimonials.wiring import testimonial_slice
from groundswell.domains.webhooks.wiring import webhook_slice
from groundswell.log.consumers import Consumer, StoredPositions
from groundswell.log.reactions import Reactions
from groundswell.slices import Perform, Slice, Tools

MAKERS: Final[tuple[Callable[[Tools], Slice], ...]] = (
    announcement_slice,
    intake_slice,
    referral_slice,
    sharing_slice,
    reward_slice,
    testimonial_slice,
    network_slice,
    webhook_slice,
    vote_review_slice,
)

_SAVE_SECONDS: Final = 5.0
_REST_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Following:
    """A slice's reactions, and the consumer group that feeds them."""

    reactions: Reactions
    consumer: Consumer


@dataclass(frozen=True, slots=True)
class Offers:
    """All slices of one process."""

    slices: tuple[Slice, ...]
    following: Mapping[str, Following]
    whereabouts: Whereabouts
    moderation: Moderation

    def routes(self) -> list[ControllerRouterHandler]:
        """The HTTP faces."""
        return [route for one in self.slices for route in one.routes]

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        """What runs in the background; ``start`` comes before."""
        jobs = [job() for one in self.slices for job in one.jobs]
        return [*(one.consumer.run() for one in self.following.values()), *jobs]

    def statistics(self) -> dict[str, Callable[[], Mapping[str, float]]]:
        """The figures of each slice."""
        own = {one.name: one.statistics for one in self.slices if one.statistics is not None}
        reactions = {
            f"{name}_reactions": one.reactions.statistics for name, one in self.following.items()
        }
        return {**own, **reactions}

    def publish_held(self, releases: Mapping[str, Release]) -> None:
        """Let what is approved be published, by what these and the slices offer for it."""
        own = {name: do for one in self.slices for name, do in one.releases.items()}
        self.moderation.publish_by({**releases, **own})

    def reports(self) -> dict[str, Perform]:
        """What clients may report over the gateway."""
        return {name: do for one in self.slices for name, do in one.reports.items()}

    async def states(self) -> dict[str, bytes]:
        """What was told last on the topics that tell states."""
        asked = [one.states for one in self.slices if one.states is not None]
        return {topic: data for ask in asked for topic, data in (await ask()).items()}

    async def is_member(self, program_id: str, user_id: str | None) -> bool:
        """Whether somebody may hear what concerns a program."""
        if user_id is None:
            return False
        checks = [one.members for one in self.slices if one.members is not None]
        return any([await check(program_id, user_id) for check in checks])

    async def audit(self) -> list[str]:
        """What each slice keeps against what the log tells; a line for each difference."""
        audits = [one.audit for one in self.slices if one.audit is not None]
        return [line for audit in audits for line in await audit()]

    async def may_watch(self, scope: str, user_id: str | None) -> bool:
        """Whether somebody may see who is present in a scope."""
        checks = [one.presence for one in self.slices if one.presence is not None]
        return any([await check(scope, user_id) for check in checks])

    async def start(self) -> None:
        """Find the positions at which reactions go on."""
        for one in self.following.values():
            await one.consumer.start()

    def stop(self) -> None:
        """React to no more than the portions at hand."""
        for one in self.following.values():
            one.consumer.stop()


def offers_of(core: Core, limits: RateLimits, mirror: BoardMirror | None = None) -> Offers:
    """All slices with their reactions; nothing runs yet. Boards are read from ``mirror``."""
    whereabouts = Whereabouts()
    moderation = _moderation(core)
    tools = Tools(
        core.store,
        core.log,
        core.writer.submit,
        times.now,
        core.secret,
        core.hasher,
        limits,
        core.settings.public_url.rstrip("/"),
        core.settings.link_targets,
        core.settings.webhook_secrets,
        core.settings.webhook_networks,
        core.settings.host_event_days,
        core.settings.vote_quarantine,
        present=whereabouts.of,
        gate=moderation.gate,
        are_friends=are_friends,
        discretions=wishes_of,
    )
    catalogue = MediaCatalogue(core.store, core.lists, times.now)
    made = (
        *(make(tools) for make in MAKERS),
        leaderboard_slice(tools, mirror),
        recommendation_slice(tools, catalogue, hash_days=core.settings.hash_days),
    )
    slices = (
        *made,
        moderation_slice(moderation),
        privacy_slice(tools, exports_of(core.store, made), ERASERS),
    )
    following: dict[str, Following] = {}
    for one in slices:
        if one.wake is not None:
            core.wakers.append(one.wake)
        if one.react is not None:
            reactions = Reactions(one.name, one.react, core.writer.submit)
            consumer = Consumer(
                one.name,
                core.log,
                reactions.consume,
                positions=StoredPositions(core.store, times.now),
                save_seconds=_SAVE_SECONDS,
                rest_seconds=_REST_SECONDS,
            )
            core.wakers.append(consumer.wake)
            following[one.name] = Following(reactions, consumer)
    return Offers(slices, following, whereabouts, moderation)


def _moderation(core: Core) -> Moderation:
    settings = core.settings
    return moderation_of(
        core.store,
        core.writer.submit,
        times.now,
        words_file=settings.moderation_words,
        url=settings.moderation_url,
        fail=settings.moderation_fail,
    )
