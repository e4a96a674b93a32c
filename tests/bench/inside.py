"""Run inside the portal of the benchmark: fill the database, count the queries of each page.

Prints the number of structures, the address of one card, then a number of queries per page (« - » stands for the card).
"""

import sys

import django

django.setup()

from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from structures.models import Structure  # noqa: E402
from tests.bench.data import generate  # noqa: E402


def main(number: int, paths: list[str]) -> None:
    generate(number)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    card = Structure.objects.order_by("pk")[number // 2].get_absolute_url()
    print(Structure.objects.count())
    print(card)
    client = Client(headers={"host": "bench.invalid"})
    for path in paths:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            response = client.get(card if path == "-" else path)
        if response.status_code != 200:
            raise SystemExit(f"{path} répond {response.status_code}")
        print(len(captured))


main(int(sys.argv[1]), sys.argv[2:])
