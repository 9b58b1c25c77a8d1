"""Any history of votes, quarantine, release, confirmation and erasure, on both engines at once.

E1: the public counters are those of the votes that stand, whatever their weight. E8: every list is
the one there would be if the votes without weight had never been cast. As in E10, this holds after
every step: lists, counters and cases are those of a model that counts everything anew.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from groundswell.contract.errors import Conflict
from groundswell.contract.times import DAY, HOUR, MINUTE
from groundswell.domains.engagement import commands as do
from groundswell.domains.engagement.erasing import ENGAGEMENT_ERASER
from groundswell.domains.engagement.quarantine import (
    TRUSTED,
    CaseState,
    DecidedState,
    DecideVotes,
    QuarantineVotes,
    VoteCase,
    quarantine_handler,
)
from groundswell.domains.engagement.vote_signals import Signal
from groundswell.domains.engagement.vote_watch import VoteWatch
from groundswell.store import Transaction
from groundswell.store.persons import Erasure
from tests.properties.test_engagement_histories import Both, plain
from tests.support.core import Core, user, visitor
from tests.support.model import Media, Model

FILES = (1, 2, 3)
PEOPLE = (*(visitor(name) for name in ("ann", "bob", "cyd", "eve")), user("dan"), user("fay"))
SIGNALS: tuple[Signal, ...] = ("shared_network", "voting_ring")
STATES: tuple[CaseState, ...] = ("open", "confirmed", "released")
LISTS: tuple[tuple[Any, Any], ...] = (
    *(("trending", "24h"), ("trending", "7d"), ("popular", "all")),
    *(("hot", "24h"), ("top-rated", "24h")),
)


class Weighed(Media):
    """A file as rankings have to see it: who was forgotten is no actor any more."""

    def actors(self, now: int, length: int) -> int:
        moved = [(one.actor, one.at) for one in self.events if one.qualified and one.kind != "view"]
        moved += [(actor, at) for _, actor, at in self.votes.values()]
        return len({actor for actor, at in moved if actor and now - length < at <= now})


@dataclass
class Case:
    """Votes on a file that were found to look wrong."""

    media: int
    signal: str
    votes: int
    state: str
    decided_at: int = -TRUSTED


class Reviewed(Model):
    """The model of engagement, with cases; ``held`` has the case of a vote without weight."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[int, str], int] = {}
        self.cases: list[Case] = []

    def _vote(self, command: Any, media: Media, wanted: str | None) -> Any:
        if wanted is None:
            self.held.pop((media.id, command.by.voter), None)
        return super()._vote(command, media, wanted)

    def quarantine(self, media: int, signal: str, voters: Sequence[str], at: int) -> int:
        """How many votes lose their weight."""
        for case in self.cases:
            trusted = (case.media, case.signal, case.state) == (media, signal, "released")
            if trusted and case.decided_at > at - TRUSTED:
                return 0
        standing = self.files[media].votes
        taken = [one for one in voters if one in standing and (media, one) not in self.held]
        if taken:
            self.held.update({(media, one): len(self.cases) for one in taken})
            self.cases.append(Case(media, signal, len(taken), "open"))
        return len(taken)

    def decide(self, number: int, state: str, at: int) -> Case | Conflict:
        """The case as it is then."""
        case = self.cases[number]
        if case.state == state:
            return case
        if case.state == "released":
            return Conflict("illegal_transition", "")
        case.state, case.decided_at = state, at
        if state == "released":
            self.held = {vote: held for vote, held in self.held.items() if held != number}
        return case

    def erase(self, by: do.Actor, stamp: int) -> None:
        """Their votes and plays stay counted, and are nobody's; a vote keeps its case."""
        for media in self.files.values():
            media.events = [
                one._replace(actor="") if one.actor == by.actor else one for one in media.events
            ]
            if by.voter in media.votes:
                kind, _, at = media.votes.pop(by.voter)
                name = f"erased:{stamp}"
                media.votes[name] = (kind, "", at)
                case = self.held.pop((media.id, by.voter), None)
                if case is not None:
                    self.held[media.id, name] = case

    def weighed(self) -> Model:
        """All of it as if the votes without weight had never been cast."""
        seen = Model()
        for media in self.files.values():
            fields = {one.name: getattr(media, one.name) for one in dataclasses.fields(media)}
            votes = {who: of for who, of in media.votes.items() if (media.id, who) not in self.held}
            seen.files[media.id] = Weighed(**{**fields, "votes": votes})
        return seen


class _Untold:
    """What an erasure tells of is not looked at here."""

    def append(self, *_: object) -> int:
        return 0

    async def flush(self, _: Transaction) -> None:
        return None


class Reviews(RuleBasedStateMachine):
    """Voters, those who watch them and those who decide, in any order."""

    both: Both

    def __init__(self) -> None:
        super().__init__()
        self.model = Reviewed()

    @property
    def now(self) -> int:
        return self.both.clock.now

    @initialize()
    def begin(self) -> None:
        self.both.reset()
        self._do([do.RegisterMedia(title=f"Song {one}", at=self.now) for one in FILES])

    def _do(self, commands: Sequence[Any], *more: Any) -> list[Any]:
        """Submit all at the same time; what the model knows is answered as it says."""
        both = [*commands, *more]
        answers: list[Any] = self.both.ask(lambda core: core.together(*both))
        expected = self.model.execute([(one, None) for one in commands])
        assert plain(answers[: len(commands)]) == plain(expected)
        return answers[len(commands) :]

    def _acts(self, data: st.DataObject) -> list[Any]:
        drawn = st.tuples(
            st.sampled_from(["up", "up", "down", "remove", "anew", "play"]),
            st.sampled_from(FILES),
            st.sampled_from(PEOPLE),
        )
        chosen = data.draw(st.lists(drawn, max_size=6))
        return [command for one in chosen for command in self._commands(*one)]

    def _commands(self, kind: str, media: int, by: do.Actor) -> list[Any]:
        who: dict[str, Any] = {"media_file_id": media, "by": by, "at": self.now}
        match kind:
            case "play":
                return [do.RecordPlay(**who)]
            case "remove":
                return [do.RemoveVote(**who)]
            case "anew":
                return [do.RemoveVote(**who), do.CastVote(vote_type="down", **who)]
            case _:
                return [do.CastVote(vote_type=kind, **who)]  # type: ignore[arg-type]

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        """Several people do something at the same time."""
        self._do(self._acts(data))

    @rule(
        data=st.data(),
        media=st.sampled_from(FILES),
        signal=st.sampled_from(SIGNALS),
        who=st.sets(st.sampled_from(PEOPLE), min_size=1),
    )
    def quarantine(
        self, data: st.DataObject, media: int, signal: Signal, who: set[do.Actor]
    ) -> None:
        """In one transaction with what the same people are just doing."""
        self.both.clock.advance(1)
        voters = tuple(sorted(one.voter for one in who))
        command = QuarantineVotes(at=self.now, media_file_id=media, signal=signal, voters=voters)
        (taken,) = self._do(self._acts(data), command)
        assert taken == self.model.quarantine(media, signal, voters, self.now)
        event(f"{min(taken, 2)} votes lose their weight")

    @precondition(lambda self: self.model.cases)
    @rule(data=st.data(), state=st.sampled_from(["confirmed", "released", "released"]))
    def decide(self, data: st.DataObject, state: DecidedState) -> None:
        """In one transaction with what voters are just doing."""
        number = data.draw(st.integers(0, len(self.model.cases) - 1))
        acts = self._acts(data)
        expected = self.model.execute([(one, None) for one in acts])
        case = self.model.decide(number, state, self.now)
        *answers, decided = self.both.ask(lambda core: self._decided(core, number, state, acts))
        assert plain(answers) == plain(expected)
        if isinstance(case, Conflict):
            assert plain(decided) == plain(case)
        else:
            assert decided == _shown(case)
        event(f"a case is {state}")

    async def _decided(
        self, core: Core, number: int, state: DecidedState, acts: Sequence[Any]
    ) -> list[Any]:
        rows = await core.rows("SELECT case_id FROM vote_cases ORDER BY opened_at")
        decide = DecideVotes(at=self.now, case_id=rows[number][0], state=state)
        *answers, decided = await core.together(*acts, decide)
        return [*answers, _plainly(decided)]

    @rule(by=st.sampled_from(PEOPLE))
    def erase(self, by: do.Actor) -> None:
        """Somebody is forgotten, and may come back as somebody new."""
        self.both.clock.advance(1)
        names = frozenset({by.actor}), frozenset({by.voter})
        erasure = Erasure("gone", by.user_id, *names, self.now)

        async def forget(core: Core) -> int:
            async with core.store.writing() as tx:
                assert ENGAGEMENT_ERASER.find is not None
                trail = await ENGAGEMENT_ERASER.find(tx, erasure, 0)
                return await ENGAGEMENT_ERASER.erase(tx, erasure, trail, _Untold())

        self.both.ask(forget)
        self.model.erase(by, self.now)

    @rule(by=st.sampled_from([1, MINUTE, HOUR, HOUR, DAY - 1, DAY]))
    def wait(self, by: int) -> None:
        self.both.clock.advance(by)

    @invariant()
    def public_counters_are_of_all_votes_that_stand(self) -> None:
        for one, media in self.model.files.items():
            shown = self.both.ask(lambda core: core.queries.media(one))  # noqa: B023
            assert shown == media.view()
            for by in PEOPLE:
                told = self.both.ask(lambda core: core.queries.vote_status(one, by.voter))  # noqa: B023
                assert told == self.model.vote_status(one, by.voter)

    @invariant()
    def lists_are_as_if_votes_without_weight_had_never_been_cast(self) -> None:
        seen = self.model.weighed()
        for core in self.both.cores:
            core.lists.changed()
        for name, period in LISTS:
            page = self.both.ask(lambda core: core.lists.get(name, period=period, limit=50))  # noqa: B023
            listed = [(one.media_file_id, one.score) for one in page.items]
            assert listed == seen.ranking(name, period, self.now), name

    @invariant()
    def the_queue_has_the_cases(self) -> None:
        for state in STATES:
            expected = [_shown(one) for one in self.model.cases if one.state == state]
            assert self.both.ask(lambda core: _queue(core, state)) == expected[::-1]  # noqa: B023

    def teardown(self) -> None:
        self.both.ask(lambda core: core.assert_consistent())


def _shown(case: Case) -> tuple[Any, ...]:
    return (case.media, case.signal, case.votes, case.state)


def _plainly(answer: Any) -> Any:
    """A case without what differs between the engines."""
    if not isinstance(answer, VoteCase):
        return answer
    return (answer.media_file_id, answer.signal, answer.votes, answer.state)


async def _queue(core: Core, state: CaseState) -> list[Any]:
    page = await VoteWatch(core.store, core.submit, core.clock).cases(state, 100, None)
    return [_plainly(one) for one in page.items]


def test_votes_without_weight_weigh_nothing_and_count_in_public_after_any_history(
    ready_sqlite: str, ready_postgres: str
) -> None:
    with Both(ready_sqlite, ready_postgres, (quarantine_handler(),)) as cores:
        machine = type("Machine", (Reviews,), {"both": cores})
        run_state_machine_as_test(
            machine, settings=settings(max_examples=100, stateful_step_count=20)
        )
