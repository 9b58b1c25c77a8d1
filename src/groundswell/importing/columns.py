"""Column mappings (``title=Song,plays=PlayCount``) and records read by them from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from groundswell.contract.errors import Invalid
from groundswell.importing.entries import BadLine
from groundswell.importing.values import UnreadableValue

DELIMITERS = ",;\t|"

Record = Mapping[str, str]
E = TypeVar("E")


def parse_mapping(text: str) -> dict[str, str]:
    """``field=Column,field=Column`` as a dictionary from field to column.

    Raises:
        Invalid: it is not written that way, or names a field twice.
    """
    mapping: dict[str, str] = {}
    for part in next(csv.reader([text], skipinitialspace=True), []):
        field, equals, column = part.partition("=")
        if not equals or not field.strip() or not column.strip():
            raise Invalid.at("map", f"'{part}' is not written as field=Column")
        if field.strip() in mapping:
            raise Invalid.at("map", f"'{field.strip()}' is mapped twice")
        mapping[field.strip()] = column.strip()
    return mapping


def complete_mapping(given: Mapping[str, str], fields: Sequence[str]) -> dict[str, str]:
    """The mapping with every unmentioned field read from the column of its own name.

    Raises:
        Invalid: an unknown field is mapped.
    """
    for field in given:
        if field not in fields:
            raise Invalid.at("map", f"there is no field '{field}'; known are {', '.join(fields)}")
    return {field: given.get(field, field) for field in fields}


def read_records(
    lines: Iterable[str], mapping: Mapping[str, str], needed: Iterable[str]
) -> Iterator[tuple[int, Record | str]]:
    """Line number and mapped record of every row below the header; blank rows are skipped.

    A row that is no record gives the reason instead.

    Raises:
        Invalid: there is no header, or a needed column is not in it.
    """
    source = iter(lines)
    header_line = next(source, "")
    delimiter = max(DELIMITERS, key=header_line.count)
    places = _places(_header(header_line, delimiter), mapping, set(needed))
    reader = csv.reader(source, delimiter=delimiter)
    while (row := _next_row(reader)) is not None:
        if row:
            yield reader.line_num + 1, row if isinstance(row, str) else _record(row, places)


def read_entries(
    lines: Iterable[str],
    given: Mapping[str, str],
    fields: Sequence[str],
    required: Sequence[str],
    understand: Callable[[Record], E],
) -> Iterator[E | BadLine]:
    """What ``understand`` makes of each record; columns are named by ``given`` or the fields.

    Raises:
        Invalid: the mapping or the header does not fit.
    """
    mapping = complete_mapping(given, fields)
    for number, record in read_records(lines, mapping, needed={*required, *given}):
        if isinstance(record, str):
            yield BadLine(number, record)
            continue
        try:
            yield understand(record)
        except UnreadableValue as error:
            yield BadLine(number, str(error))


def _header(line: str, delimiter: str) -> list[str]:
    try:
        columns = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        columns = []
    if not any(column.strip() for column in columns):
        raise Invalid("The file has no header line that names its columns.")
    return [column.strip() for column in columns]


def _places(header: list[str], mapping: Mapping[str, str], needed: set[str]) -> dict[str, int]:
    """Where each field stands. Column names match exactly, or else without regard to case."""
    folded = {name.casefold(): index for index, name in reversed(list(enumerate(header)))}
    exact = {name: index for index, name in reversed(list(enumerate(header)))}
    places: dict[str, int] = {}
    for field, column in mapping.items():
        index = exact.get(column, folded.get(column.casefold()))
        if index is not None:
            places[field] = index
        elif field in needed:
            raise Invalid.at("map", f"no column '{column}' for '{field}' among {', '.join(header)}")
    return places


def _next_row(reader: Iterator[list[str]]) -> list[str] | str | None:
    try:
        return next(reader, None)
    except csv.Error:
        return "not a CSV record, or a field longer than 131,072 characters"


def _record(row: list[str], places: Mapping[str, int]) -> Record | str:
    if any("\x00" in value for value in row):
        return "contains a NUL character"
    return {field: row[at].strip() if at < len(row) else "" for field, at in places.items()}
