"""Run inside the portal of the benchmark: fill the database, then count and time the SQL of each page.

Prints one JSON object: number of structures, seconds to load them, address of one card, address of the export, and for
each page (« - » stands for the card) its queries once warm, and the milliseconds they take alone, without Django.
"""

import json
import sys
import time
from statistics import median

import django

django.setup()

from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import NoReverseMatch, reverse  # noqa: E402

from structures.exporters.lignes import keep_stale  # noqa: E402
from structures.models import Structure  # noqa: E402
from tests.bench.data import generate  # noqa: E402

MEASURED = 40


def main(number: int, paths: list[str]) -> None:
    started = time.perf_counter()
    if not (present := Structure.objects.count()):
        generate(number)
    elif present != number:
        raise SystemExit(f"Cette base contient {present} structures et non {number}.")
    keep_stale()
    seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    card = Structure.objects.order_by("pk")[number // 2].get_absolute_url()
    cache.clear()
    asked = [queries_of(card if path == "-" else path) for path in paths]
    told = {
        "structures": Structure.objects.count(), "seconds": seconds, "card": card, "export": export(),
        "pages": [{"queries": len(queries), "bare": bare(queries)} for queries in asked],
    }  # fmt: skip
    print(json.dumps(told))


def queries_of(path: str) -> list[tuple]:
    """The queries of the second request: form, counts and map are kept from the first."""
    client, seen = Client(headers={"host": "bench.invalid"}), []

    def note(execute, sql, params, many, context):
        seen.append((sql, params))
        return execute(sql, params, many, context)

    for _ in range(2):
        seen.clear()
        with connection.execute_wrapper(note):
            response = client.get(path)
        if response.status_code != 200:
            raise SystemExit(f"{path} répond {response.status_code}")
    return list(seen)


def bare(queries: list[tuple]) -> float:
    """Median milliseconds of these queries straight through the driver, rows read and thrown away."""
    connection.ensure_connection()
    times = []
    is_postgresql = connection.vendor == "postgresql"
    for _ in range(MEASURED):
        cursor = connection.connection.cursor() if is_postgresql else connection.cursor()
        start = time.perf_counter()
        for sql, params in queries:
            cursor.execute(sql, params)
            if cursor.description:
                cursor.fetchall()
        times.append((time.perf_counter() - start) * 1000)
    return median(times)


def export() -> str:
    try:
        return reverse("structures:export") + "?format=csv"
    except NoReverseMatch:
        return ""


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
