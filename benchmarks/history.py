"""A long history of mixed slices, made by the commands of the service and its reactions.

Most of it is plays and votes, as in life; people also score, share, follow links, register through
one another and make friends. The same seed makes the same history but for its times.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

from groundswell.access.limits import RateLimits
from groundswell.app.core import Core, build_core
from groundswell.app.offers import Offers, offers_of
from groundswell.contract import times
from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.intake import ReferralHints, UserRegistered
from groundswell.contract.events.sharing import Engager
from groundswell.contract.terms import RewardRule
from groundswell.domains.engagement import commands as engagement
from groundswell.domains.intake.taking import TakeIn
from groundswell.domains.leaderboards.commands import CreateBoard, PostScore
from groundswell.domains.network.commands import Befriend, Block
from groundswell.domains.referrals import commands as referrals
from groundswell.domains.referrals.rules import ProgramRules
from groundswell.domains.rewards.commands import DecideReward
from groundswell.domains.sharing import commands as sharing
from groundswell.settings import Settings
from groundswell.store import Statement
from groundswell.store.commands import Command

SECRET: Final = "benchmark" * 4
PROGRAM: Final = "spring"
FILES: Final = 2_000
PEOPLE: Final = 20_000
REFERRERS: Final = 500
PORTION: Final = 4_000
BATCH: Final = 1_000
ROUND: Final = 20_000
OWNED: Final = 5
"""Every so manieth file has an owner, for whom its plays count on a board."""
BOARDS: Final = {
    **{"makers": "custom", "heard": "plays"},
    **{"inviters": "referrals", "earners": "rewards", "sharers": "shares"},
}
_HELLO: Final = {"hold_days": 0, "needs_approval": True}
TERMS: Final = tuple(
    RewardRule(
        rule_id=rule, role=role, kind="flat", currency="EUR", amount_minor=amount, **conditions
    )
    for rule, role, amount, conditions in (
        ("thanks", "referrer", 500, {}),
        ("hello", "referee", 100, _HELLO),
    )
)
DECISIONS: Final = ("hold", "release", "approve", "approve", "pay", "reverse")
MIX: Final = {
    "play": 600,
    "vote": 130,
    "take_back": 10,
    "view": 60,
    "download": 20,
    "comment": 10,
    "score": 50,
    "click": 40,
    "follow": 20,
    "engage": 10,
    "share": 8,
    "register": 4,
    "befriend": 4,
    "decide": 4,
    "block": 1,
}
"""Commands of each kind among a thousand or so."""


class History:
    """Makes commands; a refusal changes nothing and counts as done.

    Args:
        core: what executes them.
        offers: the reactions.
        seed: which history.
    """

    def __init__(self, core: Core, offers: Offers, seed: int = 1) -> None:
        self._core = core
        self._offers = offers
        self._chance = random.Random(seed)
        self._numbers = count(1)
        self._files: list[int] = []
        self._codes: list[str] = []
        self._shares: list[str] = []
        self._rewards: list[str] = []
        self._run = f"{seed}-{times.now():x}"
        self._makers: dict[str, Callable[[int], Command]] = {
            name: getattr(self, f"_{name}") for name in MIX
        }

    async def begin(self) -> None:
        """Files, a program with its codes, and boards."""
        at = times.now()
        rules = ProgramRules(landing_url="https://shop.example/welcome", rewards=TERMS)
        program = referrals.CreateProgram(at=at, program_id=PROGRAM, name="Spring", rules=rules)
        boards = [
            CreateBoard(
                at=at, board_id=board, name=board, metric=metric, window="all_time", time_zone="UTC"
            )
            for board, metric in BOARDS.items()
        ]
        await self._do([program, *boards])
        await self._do([self._register_file(at, one) for one in range(FILES)])
        await self._do(
            [
                referrals.MakeCode(at=at, program_id=PROGRAM, user_id=f"person-{one}")
                for one in range(REFERRERS)
            ]
        )
        await self.resume()

    async def resume(self) -> None:
        """Find what there is, to go on with a history."""
        self._files = await self._column("SELECT media_file_id FROM media ORDER BY media_file_id")
        self._codes = await self._column("SELECT code FROM referral_codes ORDER BY code")
        self._shares = await self._column("SELECT share_id FROM shares ORDER BY share_id")
        await self._look_at_rewards()

    async def go_on(self, events: int) -> int:
        """Append so many events at least, all reacted to; the end of the log."""
        head = begun = await self._core.log.head()
        while head < begun + events:
            names = self._chance.choices(
                list(MIX), list(MIX.values()), k=min(ROUND, begun + events - head)
            )
            await self._do([self._makers[name](times.now()) for name in names])
            await self._react()
            await self._look_at_rewards()
            head = await self._core.log.head()
        return head

    async def _do(self, commands: Sequence[Command]) -> None:
        for portion in _portions(commands):
            outcomes = await asyncio.gather(
                *map(self._core.writer.submit, portion), return_exceptions=True
            )
            for outcome in outcomes:
                if isinstance(outcome, Exception) and not isinstance(outcome, GroundswellError):
                    raise outcome

    async def _react(self) -> None:
        for one in self._offers.following.values():
            while await one.consumer.step():
                pass

    async def _look_at_rewards(self) -> None:
        self._rewards = await self._column("SELECT reward_id FROM rewards ORDER BY reward_id")

    async def _column(self, sql: str) -> list[Any]:
        return [row[0] for row in await self._core.store.fetch(Statement(sql))]

    def _who(self) -> engagement.Actor:
        number = self._chance.randrange(PEOPLE)
        if number % 4 == 0:
            name = f"person-{number}"
            return engagement.Actor(actor=f"user:{name}", voter=f"user:{name}", user_id=name)
        address = f"{number:064x}"
        return engagement.Actor(actor=address, voter=address, ip_hash=address)

    def _person(self) -> str:
        return f"person-{self._chance.randrange(PEOPLE)}"

    def _file(self) -> int:
        # Popularity falls with the cube.
        return int(self._files[int(len(self._files) * self._chance.random() ** 3)])

    def _register_file(self, at: int, number: int) -> Command:
        owner = None if number % OWNED else f"person-{number}"
        return engagement.RegisterMedia(at=at, title=f"File {number}", owner_id=owner)

    def _play(self, at: int) -> Command:
        return engagement.RecordPlay(
            at=at, by=self._who(), media_file_id=self._file(), play_duration=40, occurred_at=at
        )

    def _vote(self, at: int) -> Command:
        kind: Any = "up" if self._chance.random() < 0.8 else "down"
        return engagement.CastVote(
            at=at, by=self._who(), media_file_id=self._file(), vote_type=kind
        )

    def _take_back(self, at: int) -> Command:
        return engagement.RemoveVote(at=at, by=self._who(), media_file_id=self._file())

    def _view(self, at: int) -> Command:
        return engagement.RecordView(at=at, by=self._who(), media_file_id=self._file())

    def _download(self, at: int) -> Command:
        return engagement.RecordDownload(at=at, by=self._who(), media_file_id=self._file())

    def _comment(self, at: int) -> Command:
        return engagement.RecordComment(
            at=at, by=self._who(), media_file_id=self._file(), body="It grows on you."
        )

    def _score(self, at: int) -> Command:
        return PostScore(
            at=at,
            board_id="makers",
            event_id=f"score-{self._run}-{next(self._numbers)}",
            user_id=self._person(),
            points=self._chance.randrange(1, 100),
            occurred_at=at,
        )

    def _click(self, at: int) -> Command:
        who = f"{self._chance.randrange(10**9):064x}"
        return referrals.FollowLink(
            at=at,
            code=self._chance.choice(self._codes),
            identity=who,
            address=who,
            family="Firefox",
            discard="bot" if self._chance.random() < 0.2 else None,
        )

    def _register(self, at: int) -> Command:
        name = f"newcomer-{self._run}-{next(self._numbers)}"
        hints = ReferralHints(code=self._chance.choice(self._codes))
        event = UserRegistered(source="/users", source_id=name, user_id=name, referral=hints)
        return TakeIn(at=at, events=((event, at),))

    def _decide(self, at: int) -> Command:
        reward = self._chance.choice(self._rewards or ["reward-none"])
        action: Any = self._chance.choice(DECISIONS)
        return DecideReward(at=at, reward_id=reward, action=action, reason="as found")

    def _share(self, at: int) -> Command:
        share = f"share-{self._run}-{next(self._numbers)}"
        self._shares.append(share)
        return sharing.CreateShare(
            at=at,
            share_id=share,
            user_id=self._person(),
            content_type="media",
            content_id=str(self._file()),
            platform="acme",
            share_format="link",
            visibility="public",
            metadata={"title": "A song"},
        )

    def _follow(self, at: int) -> Command:
        visitor = f"visitor-{self._chance.randrange(10**9)}"
        return sharing.FollowLink(
            at=at, share_id=self._some_share(), visitor=visitor, discard_reason=None
        )

    def _engage(self, at: int) -> Command:
        told = sharing.Engagement(
            reference=self._some_share(),
            platform_event_id=f"{self._run}-{next(self._numbers)}",
            engagement_type="like",
            engager=Engager(id=self._person()),
            at=at,
        )
        return sharing.RecordEngagements(at=at, platform="acme", engagements=(told,))

    def _some_share(self) -> str:
        return self._chance.choice(self._shares) if self._shares else "share-none"

    def _befriend(self, at: int) -> Command:
        return Befriend(at=at, user_id=self._person(), friend_id=self._person())

    def _block(self, at: int) -> Command:
        return Block(at=at, user_id=self._person(), blocked_id=self._person())


@asynccontextmanager
async def continuing(url: str, seed: int = 1) -> AsyncIterator[History]:
    """A history on a database that has the schema; what is there is gone on with."""
    core = build_core(Settings(database_url=url, secret=SECRET, write_batch=BATCH))
    await core.store.open()
    working = asyncio.create_task(core.writer.run())
    try:
        offers = offers_of(core, RateLimits(()))
        await offers.start()
        history = History(core, offers, seed)
        if await core.log.head():
            await history.resume()
        else:
            await history.begin()
        yield history
    finally:
        core.writer.close()
        await working
        await core.store.close()


def _portions(commands: Sequence[Command]) -> Iterator[Sequence[Command]]:
    for start in range(0, len(commands), PORTION):
        yield commands[start : start + PORTION]
