"""One text for both engines: what each of them is sent."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.store.statement import BIGINT, REAL, TEXT, Statement, glue


def test_parameters_are_named_on_sqlite_and_numbered_on_postgresql() -> None:
    statement = Statement("SELECT a FROM t WHERE a = :first AND b = :second AND c = :first")
    assert statement.sqlite == "SELECT a FROM t WHERE a = :first AND b = :second AND c = :first"
    assert statement.postgres == "SELECT a FROM t WHERE a = $1 AND b = $2 AND c = $1"
    assert statement.postgres_arguments(None, {"second": 2, "first": 1}) == [1, 2]
    assert statement.sqlite_arguments(None, {"first": 1}) == {"first": 1}


def test_a_cast_is_not_a_parameter() -> None:
    statement = Statement("SELECT CAST(:a AS bigint), x::text FROM t")
    assert statement.postgres == "SELECT CAST($1 AS bigint), x::text FROM t"
    assert statement.parameters == ("a",)


def test_rows_are_a_table_and_parameters_follow_them() -> None:
    statement = Statement(
        "SELECT r.a FROM {rows} r WHERE r.b > :least", rows={"a": BIGINT, "b": TEXT}
    )
    assert statement.postgres == (
        "SELECT r.a FROM (SELECT * FROM unnest($1::bigint[], $2::text[]) AS given(a, b)) r "
        "WHERE r.b > $3"
    )
    arguments = statement.postgres_arguments([(1, "x"), (2, None)], {"least": 0})
    assert arguments == [[1, 2], ["x", None], 0]
    assert "json_each(:rows)" in statement.sqlite
    assert statement.sqlite_arguments([(1, "x")], {"least": 0}) == {
        "least": 0,
        "rows": '[[1,"x"]]',
    }


def test_no_rows_are_empty_columns() -> None:
    statement = Statement("SELECT r.a FROM {rows} r", rows={"a": BIGINT, "b": REAL})
    assert statement.postgres_arguments([], {}) == [[], []]


def test_values_are_inserted_row_by_row_on_sqlite() -> None:
    statement = Statement("INSERT INTO t (a, b) {values}", rows={"a": BIGINT, "b": TEXT})
    assert statement.sqlite == "INSERT INTO t (a, b) VALUES (?, ?)"
    assert statement.inserts_values
    assert statement.postgres == (
        "INSERT INTO t (a, b) SELECT * FROM unnest($1::bigint[], $2::text[]) AS given(a, b)"
    )


def test_rows_are_locked_where_there_are_several_writers() -> None:
    statement = Statement("SELECT a FROM t {lock}")
    assert statement.sqlite.strip() == "SELECT a FROM t"
    assert statement.postgres == "SELECT a FROM t FOR UPDATE"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT 1", {"a": BIGINT}),
        ("SELECT r.a FROM {rows} r", None),
        ("INSERT INTO t (a) {values}", None),
    ],
)
def test_rows_and_markers_must_fit(sql: str, rows: dict[str, str] | None) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Statement(sql, rows=rows)  # type: ignore[arg-type]


def test_writes_glued_together_keep_their_arguments_apart() -> None:
    first = Statement("UPDATE t SET a = :a WHERE b = :b")
    second = Statement("INSERT INTO u (c, d) {values}", rows={"c": BIGINT, "d": TEXT})
    third = Statement("DELETE FROM v WHERE e IN (SELECT r.e FROM {rows} r)", rows={"e": TEXT})
    assert glue([first]) == first.postgres
    assert glue([first, second, third]) == (
        "WITH w0 AS (UPDATE t SET a = $1 WHERE b = $2), "
        "w1 AS (INSERT INTO u (c, d) "
        "SELECT * FROM unnest($3::bigint[], $4::text[]) AS given(c, d)), "
        "w2 AS (DELETE FROM v WHERE e IN "
        "(SELECT r.e FROM (SELECT * FROM unnest($5::text[]) AS given(e)) r)) SELECT 1"
    )


def test_more_than_nine_parameters_are_renumbered_whole() -> None:
    names = [f"p{place}" for place in range(12)]
    many = Statement("SELECT " + ", ".join(f":{name}" for name in names))
    glued = glue([Statement("SELECT :a"), many])
    assert glued.endswith("$11, $12, $13) SELECT 1")
    assert "w1 AS (SELECT $2, $3," in glued


texts = st.text(st.characters(exclude_characters="\x00", codec="utf-8"))
cells = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | texts,
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
)


@given(rows=st.lists(cells, max_size=8))
def test_sqlite_gets_parameter_rows_as_they_were(
    rows: list[tuple[int | None, str | None, float | None]],
) -> None:
    statement = Statement(
        "SELECT r.a, r.b, r.c FROM {rows} r", rows={"a": BIGINT, "b": TEXT, "c": REAL}
    )
    connection = sqlite3.connect(":memory:")
    try:
        found = connection.execute(statement.sqlite, statement.sqlite_arguments(rows, {}))
        assert found.fetchall() == rows
    finally:
        connection.close()


def test_sqlite_finds_parameter_rows_by_all_columns_of_an_index() -> None:
    statement = Statement(
        "DELETE FROM t WHERE (a, b, c) IN (SELECT r.a, r.b, r.c FROM {rows} r)",
        rows={"a": TEXT, "b": BIGINT, "c": BIGINT},
    )
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE TABLE t (a TEXT, b BIGINT, c BIGINT, PRIMARY KEY (a, b, c))")
        arguments = statement.sqlite_arguments([("x", 1, 2)], {})
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.sqlite}", arguments).fetchall()
    finally:
        connection.close()
    assert "a=? AND b=? AND c=?" in plan[0][3]
