"""Who knows, blocks and works with whom, as the log alone tells it."""

from __future__ import annotations

from typing import Final

import msgspec

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import network as events
from groundswell.contract.people import is_tombstone
from groundswell.domains.network.friendship import pair
from groundswell.log.projections import Fold, Projection, Rows, Table
from groundswell.store import BIGINT, TEXT

CONNECTIONS: Final = Table(
    "connections",
    {"user_low": TEXT, "user_high": TEXT},
    {
        **dict.fromkeys(("state", "requested_by", "via"), TEXT),
        **dict.fromkeys(("joined", "changed_at"), BIGINT),
    },
)
BLOCKS: Final = Table("blocks", {"user_id": TEXT, "blocked_id": TEXT}, {"at": BIGINT})
COLLABORATIONS: Final = Table(
    "collaborations",
    {"project_id": TEXT, "partner_id": TEXT},
    {"owner_id": TEXT, "referred": BIGINT, "at": BIGINT},
)


class Connection(msgspec.Struct):
    """What two are to each other; the fields stand in the order of the columns."""

    state: str
    requested_by: str
    via: str
    joined: int
    changed_at: int


_Two = tuple[str, str]


class NetworkFold(Fold):
    """All connections, blocks and collaborations."""

    takes = (
        events.OfPair,
        *(events.UserBlocked, events.UserUnblocked, events.CollaborationRecorded),
    )

    connections: dict[_Two, Connection] = msgspec.field(default_factory=dict)
    blocks: dict[_Two, int] = msgspec.field(default_factory=dict)
    collaborations: dict[_Two, tuple[str, int, int]] = msgspec.field(default_factory=dict)

    def add(self, logged: LoggedEvent) -> None:
        """Take in the event that follows."""
        match logged.event:
            case events.OfPair() as event:
                self._connect(event, logged.at)
            case events.UserBlocked() as event:
                self.blocks[event.user_id, event.subject_id] = logged.at
            case events.UserUnblocked() as event:
                self.blocks.pop((event.user_id, event.subject_id), None)
            case events.CollaborationRecorded() as event:
                key = (event.project_id, event.user_id)
                self.collaborations[key] = (event.owner_id, int(event.referred), logged.at)

    def rows(self) -> Rows:
        """The rows as they have to be now: with somebody who is gone nobody is connected."""
        return {
            CONNECTIONS.name: {
                two: msgspec.structs.astuple(one)
                for two, one in self.connections.items()
                if not any(map(is_tombstone, two))
            },
            BLOCKS.name: {
                two: (at,) for two, at in self.blocks.items() if not any(map(is_tombstone, two))
            },
            COLLABORATIONS.name: self.collaborations,
        }

    def _connect(self, event: events.OfPair, at: int) -> None:
        two = pair(event.user_id, event.friend_id)
        known = self.connections.get(two)
        match event:
            case events.ConnectionRequested():
                wanted = Connection("requested", event.user_id, event.via, 0, at)
                self.connections[two] = wanted
            case events.ConnectionEstablished():
                # Who asked first stays who asked; the host and referrals ask nobody.
                manual = known is not None and event.via == "manual"
                asked = known.requested_by if known is not None and manual else event.user_id
                joined = int(event.via == "referral")
                self.connections[two] = Connection("established", asked, event.via, joined, at)
            case events.ConnectionRemoved():
                self.connections.pop(two, None)
            case events.FriendJoined():
                # Told of everybody who came through somebody, friends before or not.
                if known is not None:
                    known.joined = 1


NETWORK_PROJECTION: Final = Projection(
    "network", 1, NetworkFold, (CONNECTIONS, BLOCKS, COLLABORATIONS)
)
