"""What is stored of who votes."""

from __future__ import annotations

from groundswell.access.hashing import AddressHasher
from groundswell.access.principal import Principal
from groundswell.contract.times import DAY
from groundswell.domains.engagement.acting import Actors
from tests.support.core import ManualClock

SECRET = bytes(range(32))


class _Nowhere:
    def of(self, address: str, actor: str, at: int) -> str | None:
        return None


def visitor(address: str) -> Principal:
    return Principal("visitor", None, address, None)


def actors(clock: ManualClock) -> Actors:
    return Actors(AddressHasher(SECRET, clock=clock), _Nowhere(), clock)


def test_neighbours_have_one_network_for_a_day_and_nobody_can_tell_which() -> None:
    clock = ManualClock()
    who = actors(clock)
    one = who.voting(visitor("203.0.113.7"), 5)
    other = who.voting(visitor("203.0.113.200"), 6)
    far = who.voting(visitor("203.0.114.7"), 5)
    assert one.network == other.network != far.network
    assert one.actor != other.actor
    assert one.network is not None
    assert len(one.network) == 64
    assert who.voting(visitor("2001:db8:aa:1::/64"), 5).network not in (one.network, far.network)
    clock.advance(DAY)
    assert who.voting(visitor("203.0.113.7"), 5).network != one.network
    assert actors(clock).voting(visitor("203.0.113.7"), 5).network != one.network


def test_only_of_votes_is_it_known_where_they_come_from() -> None:
    who = actors(ManualClock())
    caller = visitor("52.95.110.1")
    assert (who.of(caller).network, who.of(caller).hosted) == (None, False)
    assert who.voting(caller, 5).hosted
    assert not who.voting(visitor("203.0.113.7"), 5).hosted
