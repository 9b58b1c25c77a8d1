"""Settings: ``GROUNDSWELL_*`` variables, then ``groundswell.toml``, then what is usual."""

from __future__ import annotations

import hashlib
import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from groundswell.access.addresses import TrustedProxies
from groundswell.access.limits import parse_limits
from groundswell.access.tokens import signing_key
from groundswell.domains.sharing.links import parse_targets
from groundswell.domains.sharing.webhooks.platforms import check_secrets
from groundswell.domains.webhooks.targets import Targets
from groundswell.store.opening import is_sqlite, sqlite_path

PREFIX = "GROUNDSWELL_"
FILE = Path("groundswell.toml")
SECRET_BYTES = 32

Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set. Each name in capitals with ``GROUNDSWELL_`` is its variable."""

    database_url: str = "sqlite:///groundswell.db"
    """``sqlite:///file`` or ``postgresql://user:password@host/database``."""
    redis_url: str = ""
    """Where several processes meet: live events, rate limits. Empty keeps them in this process."""
    kafka_bootstrap: str = ""
    """Where the event log is relayed to. This version has no relay and refuses to pretend."""
    secret: str = ""
    """The root of all keys, at least 32 characters. Empty: made once and kept beside SQLite."""
    api_key: str = ""
    """A key of the host application that is valid without being stored."""
    jwt_secret: str = ""
    """The HS256 key of users' tokens, if it is not derived from the root secret."""
    jwks_url: str = ""
    """Where the keys are that another system signs users' tokens with."""
    trusted_proxies: str = ""
    """Networks, separated by commas, whose ``X-Forwarded-For`` is believed."""
    rate_limits: str = ""
    """``vote=30/minute,play=60/minute``, or ``off``."""
    address_profile: Literal["standard", "strict", "literal"] = "standard"
    """How addresses are hashed."""
    geoip_file: str = ""
    """A MaxMind city file; without it only countries are known."""
    allowed_origins: str = ""
    """Origins, separated by commas, whose pages may call from browsers."""
    push_contact: str = ""
    """Whom push services may write to, ``mailto:`` or ``https:``; empty switches web push off."""
    public_url: str = "http://127.0.0.1:8080"
    """Where people reach this service; the links it makes begin with it. Unless it is set, that
    is the address and port at which `groundswell serve` listens."""
    link_targets: str = ""
    """Other origins, separated by commas, that links of shares may lead to."""
    webhook_secrets: str = ""
    """``github=SECRET,shop=whsec_…``: which platforms may tell what happens to shares."""
    webhook_networks: str = ""
    """Private networks, separated by commas, that webhooks may be sent to, in plain HTTP too."""
    moderation_words: str = ""
    """A file of words, one a line: a text with one is held for a review, with ``!`` rejected."""
    moderation_url: str = ""
    """Another filter that is asked about texts over HTTP; empty asks none."""
    moderation_fail: Literal["open", "closed"] = "closed"
    """Whether texts pass (``open``) or are held (``closed``) while that filter does not answer."""
    public_https: bool = False
    """Whether the public address is https although a proxy in front speaks plain HTTP."""
    body_limit: Positive = 64 * 1024
    """The most bytes a request body may have."""
    write_queue: Positive = 10_000
    """How many commands may wait for the writer."""
    write_batch: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 256
    """How many commands one transaction takes."""
    minimum_actors: Annotated[int, msgspec.Meta(ge=0)] = 3
    """How many people a trending or rising file needs."""
    per_owner: Annotated[int, msgspec.Meta(ge=0)] = 2
    """How many files of one owner the first ten places hold; 0 for any number."""
    city_crowd: Positive = 5
    """How many people of a city on one day before it is named."""
    hotness_seconds: Seconds = 15.0
    """How often hotness scores are stored."""
    feed_days: Positive = 30
    """How long items stay in the activity feed."""
    hash_days: Positive = 30
    """How long logs keep the hashes of addresses."""
    refusal_days: Positive = 30
    """How long it is kept what was refused to whom."""
    host_event_days: Positive = 90
    """How long a repeated event of the host is known as one."""
    vote_quarantine: bool = True
    """Whether votes that look wrong lose their weight in lists until somebody looked."""
    websocket_connections: Positive = 18_000
    """How many WebSockets, Socket.IO's among them, one process takes."""
    accept_rate: Positive = 1_000
    """How many WebSockets a second one process lets in; twice as many at once."""
    websocket_deflate: bool = False
    """Whether clients may ask for permessage-deflate."""
    socketio_ping_interval_ms: Positive = 25_000
    """How long after a pong Socket.IO clients are pinged again."""
    socketio_ping_timeout_ms: Positive = 20_000
    """How long they have to answer."""
    sse_connections: Positive = 10_000
    """How many live connections one process takes."""
    heartbeat_seconds: Seconds = 20.0
    """The mean time between two heartbeats of a live connection."""
    snapshot_minutes: Annotated[int, msgspec.Meta(ge=0)] = 60
    """How often what follows from the log is stored as a start for replays; 0 never stores it."""
    snapshots_kept: Positive = 2
    """How many of them are kept."""
    log_level: str = "info"
    """``debug``, ``info``, ``warning`` or ``error``."""
    log_requests: bool = True
    """Whether each request is logged; failed ones always are."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """``auto`` is JSON unless standard error is a terminal."""

    def root_secret(self) -> bytes:
        """The root of all keys, made and kept in a file beside SQLite if none is set.

        Raises:
            SettingsError: PostgreSQL is used and no secret is set: all processes need the same.
        """
        if self.secret:
            given = self.secret.encode()
            # A short one is taken for what it is worth, at the length the keys need.
            return given if len(given) >= SECRET_BYTES else hashlib.sha256(given).digest()
        if not is_sqlite(self.database_url):
            raise SettingsError("GROUNDSWELL_SECRET must be set when PostgreSQL is used")
        return _kept_secret(sqlite_path(self.database_url).with_suffix(".secret"))


def _kept_secret(path: Path) -> bytes:
    try:
        return bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = secrets.token_bytes(SECRET_BYTES)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(made.hex())
        return made


def load(
    environment: Mapping[str, str], file: Path = FILE, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """The settings of this process; variables win over the file.

    Raises:
        SettingsError: a value is not possible, or the file has a name that is no setting.
    """
    values: dict[str, Any] = _from_file(file)
    for key in Settings.__struct_fields__:
        if value := environment.get(PREFIX + key.upper()):
            values[key] = value
    values |= overrides or {}
    try:
        settings = msgspec.convert(values, Settings, strict=False)
        _check(settings)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(str(error)) from error
    return settings


def _check(settings: Settings) -> None:
    """What only the parts can read is read once here, so that no command starts with it.

    Raises:
        ValueError: a text that its part does not understand.
    """
    is_sqlite(settings.database_url)
    _check_contact(settings.push_contact)
    _check_public(settings.public_url)
    _check_redis(settings.redis_url)
    _check_moderation(settings)
    parse_limits(settings.rate_limits)
    parse_targets(settings.link_targets)
    check_secrets(settings.webhook_secrets)
    Targets.parse(settings.webhook_networks)
    TrustedProxies.parse(settings.trusted_proxies)
    if settings.jwt_secret:
        signing_key(b"", settings.jwt_secret.encode(), has_key_set=False)
    if settings.kafka_bootstrap:
        raise SettingsError("GROUNDSWELL_KAFKA_BOOTSTRAP: this version has no relay to Kafka")


def _check_public(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"public_url: {url!r} does not start with http:// or https://")


def _check_contact(contact: str) -> None:
    if contact and not contact.startswith(("mailto:", "https://")):
        raise ValueError(f"push_contact: {contact!r} is neither a mailto: nor an https: address")


def _check_moderation(settings: Settings) -> None:
    url, words = settings.moderation_url, settings.moderation_words
    if url and not url.startswith(("http://", "https://")):
        raise ValueError(f"moderation_url: {url!r} does not start with http:// or https://")
    if words and not Path(words).is_file():
        raise ValueError(f"moderation_words: there is no file {words!r}")


def _check_redis(url: str) -> None:
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError(f"redis_url: {url!r} does not start with redis://, rediss:// or unix://")


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like settings and are none: probably misspelt."""
    known = {PREFIX + key.upper() for key in Settings.__struct_fields__}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}") from error
