"""Run inside the portal of the benchmark of hours: a month of 5 000 people comes in as a CSV, through its pages.

One row in fifty is wrong and has to be set aside with its reason. Prints one JSON object: rows, rows set aside, and the
seconds of each step: the file deposited and what it would do shown, then everything written and its report shown.
"""

import json
import re
import sys
import time

import django

django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from clauses.models import Facilitateur, Imputation  # noqa: E402
from tests.bench.heures_dedans import grille, people, session_of  # noqa: E402

WRONG = 50  # one row in so many


def main(rows: int) -> None:
    clause, (month, *_) = grille(Facilitateur.objects.order_by("pk").first(), 1, people=rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client(headers={"host": "bench.invalid"})
    client.cookies["sessionid"] = session_of(clause.lot.titulaires.get().organisation_id)
    lines = ["Code;Heures de travail;Heures de formation"]
    for number, (_, code) in enumerate(people(clause)):
        lines.append(f"{code};{'beaucoup' if number % WRONG == 0 else '70,5'};")
    content = "\n".join(lines).encode("utf-8-sig")
    client.get(month.get_absolute_url())  # what is read once is read

    start = time.perf_counter()
    file = SimpleUploadedFile("mois.csv", content, content_type="text/csv")
    page = client.post(reverse("clauses:heures_deposer", args=[month.pk]), {"fichier": file}, follow=True)
    shown = time.perf_counter()
    page = client.post(page.redirect_chain[-1][0], {"vu": seen(page)}, follow=True)
    done = time.perf_counter()
    written = Imputation.objects.filter(declaration=month).count()
    wrong = len(range(0, rows, WRONG))
    if page.status_code != 200 or written != rows - wrong:
        raise SystemExit(f"{written} lignes écrites au lieu de {rows - wrong}.")
    print(json.dumps({"rows": rows, "wrong": wrong, "shown": shown - start, "written": done - shown}))


def seen(page) -> str:
    """What the page to confirm gives back, so that what is written is what was shown."""
    found = re.search(r'name="vu" value="(\w+)"', page.content.decode())
    if not found:
        raise SystemExit(f"L'aperçu du fichier ne s'est pas affiché ({page.status_code}).")
    return found[1]


if __name__ == "__main__":
    main(int(sys.argv[1]))
