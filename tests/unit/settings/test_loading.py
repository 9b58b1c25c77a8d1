"""Settings from variables and a file; what cannot be used is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.settings import Settings, SettingsError, load, unknown_variables

NOWHERE = Path("/nowhere/groundswell.toml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "groundswell.toml"


def test_nothing_set_is_what_is_usual() -> None:
    assert load({}, NOWHERE) == Settings()


def test_a_variable_wins_over_the_file_and_the_file_over_what_is_usual(file: Path) -> None:
    file.write_text('rate_limits = "vote=5/minute"\nwrite_queue = 7\n')
    settings = load({"GROUNDSWELL_WRITE_QUEUE": "9"}, file)
    assert (settings.rate_limits, settings.write_queue) == ("vote=5/minute", 9)


def test_an_empty_variable_says_nothing() -> None:
    assert load({"GROUNDSWELL_BODY_LIMIT": ""}, NOWHERE) == Settings()


def test_what_a_command_decides_wins_over_both() -> None:
    variables = {"GROUNDSWELL_API_KEY": "gsk_from-a-variable"}
    settings = load(variables, NOWHERE, overrides={"api_key": "gsk_from-the-command"})
    assert settings.api_key == "gsk_from-the-command"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DATABASE_URL", "mysql://localhost/x", "mysql"),
        ("RATE_LIMITS", "vote=many", "many"),
        ("RATE_LIMITS", "dance=3/minute", "dance"),
        ("TRUSTED_PROXIES", "everybody", "everybody"),
        ("JWT_SECRET", "short", "JWT secret"),
        ("BODY_LIMIT", "0", "body_limit"),
        ("BODY_LIMIT", "much", "body_limit"),
        ("WRITE_BATCH", "5000", "write_batch"),
        ("HEARTBEAT_SECONDS", "0", "heartbeat_seconds"),
        ("PUBLIC_HTTPS", "perhaps", "public_https"),
        ("ADDRESS_PROFILE", "open", "address_profile"),
        ("KAFKA_BOOTSTRAP", "localhost:9092", "KAFKA_BOOTSTRAP"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load({f"GROUNDSWELL_{name}": value}, NOWHERE)


@pytest.mark.parametrize("text", ["rate_limit = 5", "rate_limits = ", b"\xff\xfe"])
def test_a_file_that_says_something_else_is_refused(file: Path, text: str | bytes) -> None:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError):
        load({}, file)


def test_variables_that_are_misspelt_are_found() -> None:
    variables = {"GROUNDSWELL_RATE_LIMIT": "off", "GROUNDSWELL_SECRET": "x", "HOME": "/root"}
    assert unknown_variables(variables) == ["GROUNDSWELL_RATE_LIMIT"]


def test_a_secret_is_made_once_and_kept_beside_sqlite(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'deep' / 'groundswell.db'}")
    made = settings.root_secret()
    assert len(made) == 32
    assert settings.root_secret() == made
    (kept,) = (tmp_path / "deep").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_postgresql_needs_a_secret_that_all_processes_know() -> None:
    settings = Settings(database_url="postgresql://localhost/groundswell")
    with pytest.raises(SettingsError, match="GROUNDSWELL_SECRET"):
        settings.root_secret()


def test_a_secret_of_any_length_makes_keys_long_enough() -> None:
    assert len(Settings(secret="short").root_secret()) == 32
    assert Settings(secret="a" * 40).root_secret() == b"a" * 40


def test_an_address_of_redis_that_is_none_is_told() -> None:
    with pytest.raises(SettingsError, match="redis_url"):
        load({"GROUNDSWELL_REDIS_URL": "nonsense"}, file=NOWHERE)
