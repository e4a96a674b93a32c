"""The export of the whole directory, measured: lines a second, and the memory it takes."""

import csv
import io
import time
import tracemalloc
from datetime import date

from django.db import connection

from structures.exporters import annuaire
from structures.exporters.lecture import COLUMNS, PIECE
from structures.models import Structure


def measure() -> tuple[int, float, int, int]:
    """(lines, seconds, bytes, peak of memory in bytes) of the CSV of everything, with contact columns.

    Time and memory are measured on two passes: tracing memory slows the first.
    """
    started, size, lines = time.perf_counter(), 0, 0
    for piece in _pieces():
        size += len(piece)
        lines += piece.count(b"\r\n")
    seconds = time.perf_counter() - started
    tracemalloc.start()
    for _ in _pieces():
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return lines - 1, seconds, size, peak


def floor() -> float:
    """Seconds that the same rows take read bare through one server-side cursor and written with `csv.writer`: the least
    that any export of this machine may cost."""
    columns = [name.removesuffix("_id") for name in COLUMNS]
    query, params = Structure.objects.listed().order_by("pk").values_list(*columns).query.sql_with_params()
    started = time.perf_counter()
    connection.ensure_connection()
    with connection.connection.cursor("plancher", withhold=True) as cursor:
        cursor.execute(query, params)
        while rows := cursor.fetchmany(PIECE):
            text = io.StringIO(newline="")
            csv.writer(text, delimiter=";").writerows(rows)
            text.getvalue().encode()
    return time.perf_counter() - started


def _pieces():
    found = Structure.objects.listed().by_name()
    return annuaire.csv_lines(found, contact=True, base="https://bench.invalid/structures/", on=date(2026, 11, 1))
