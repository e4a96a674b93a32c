"""`python -m tests.bench.registre [--contrats 60000 1000000]`: the pages of the register, on PostgreSQL.

Contracts are made by the database itself, one INSERT … SELECT a table: a million in some minutes. Each page is asked of
gunicorn as in the benchmark of the directory. Beside: the milliseconds of its queries alone, straight through the
driver, and how much dearer the larger register is. The aim is 30 ms, and 1.5 × from the smallest to the largest. The
column « processeur » is what a page takes of it, PostgreSQL included: what the clock would say on a quiet machine.

`--base postgres://compte@hote/essai_{contrats}` measures existing databases, filled at the first run and kept.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench.__main__ import EMPTY, MEASURED, ROOT, WARM_UP, Served, ask, environment_of, new_database
from tests.bench.charge import backends, load, spent

# What each page asks: words in half of the contracts, in one of 500, of one place, of one kind, of one buyer.
PAGES = {
    "registre sans filtre": "/marches/",
    "page 40": "/marches/?page=40",
    "un mot fréquent": "/marches/?q=construction",
    "deux mots": "/marches/?q=construction+gymnase",
    "un mot rare": "/marches/?q=operation77",
    "un département": "/marches/?lieu=Calvados",
    "un secteur": "/marches/?secteur=proprete",
    "réservé": "/marches/?consideration=reserve",
    "mot + considération sociale": "/marches/?q=peinture&consideration=toute",
    "une période": "/marches/?du=2024-01-01&au=2024-03-31",
    "un acheteur (SIREN)": "/marches/?acheteur=200000123",
    "un titulaire (SIREN)": "/marches/?titulaire=300000456",
    "fiche d'un marché": "contrat",
    "fiche d'un lot": "lot",
}
WORKS = ["construction", "renovation", "extension", "amenagement", "entretien", "maintenance", "nettoyage",
         "fourniture"]  # fmt: skip
THINGS = ["gymnase", "college", "logements", "mediatheque", "voirie", "hopital", "piscine", "batiments", "parc",
          "ecole"]  # fmt: skip
CRAFTS = ["gros oeuvre", "plomberie", "electricite", "menuiseries", "peinture", "espaces verts", "proprete",
          "etancheite"]  # fmt: skip
CPVS = ["45223220", "45330000", "45311200", "45421000", "45442100", "77310000", "90910000", "45261420"]
LINE = "{:<32}{:>10}{:>10}{:>11}{:>10}{:>10}{:>9}{:>9}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contrats", type=int, nargs="+", default=[60_000, 1_000_000])
    parser.add_argument("--base", metavar="URL", help="base à remplir, puis à garder ; {contrats} y est remplacé")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    smallest: dict[str, float] = {}
    for number in sorted(options.contrats):
        folder = Path(tempfile.mkdtemp(prefix="portail-bench-", dir="/tmp"))
        try:
            url = options.base.format(contrats=number) if options.base else new_database("postgresql", folder)
            medians = measure(environment_of(url, folder), number, smallest)
            smallest = smallest or medians
        finally:
            from tests import engine

            engine.stop()
            shutil.rmtree(folder, ignore_errors=True)


def measure(environment: dict[str, str], number: int, smallest: dict[str, float]) -> dict[str, float]:
    for command in ("migrate -v0", "createcachetable", "import_territoires", "collectstatic --noinput -v0"):
        subprocess.run(
            [sys.executable, "manage.py", *command.split()],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    told = json.loads(
        subprocess.run(
            [sys.executable, "-m", "tests.bench.registre_dedans", str(number), *PAGES.values()],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True,
        ).stdout.splitlines()[-1]
    )  # fmt: skip
    url = environment["DATABASE_URL"]
    filled = f"{told['marches']} marchés, {told['lots']} lots, versés en {told['seconds']:.0f} s"
    print(f"\npostgresql – {filled} ; {load()}")
    print(LINE.format("page", "médiane", "p95", "processeur", "requêtes", "SQL nu", "octets", "× petit"))
    medians = {}
    with Served(environment) as served:
        print(f"page vide : {median(ask(served.port, EMPTY)[0]):.1f} ms")
        for (name, path), sql in zip(PAGES.items(), told["pages"], strict=True):
            ask(served.port, told.get(path, path), times=1)
            worked = spent([*served.workers(), *backends(url)])
            times, size = ask(served.port, told.get(path, path))
            worked = (spent([*served.workers(), *backends(url)]) - worked) / (WARM_UP + MEASURED) * 1000
            medians[name] = middle = median(times)
            ratio = f"{middle / smallest[name]:.2f}" if name in smallest else "–"
            print(
                LINE.format(
                    name, f"{middle:.1f} ms", f"{sorted(times)[int(len(times) * 0.95) - 1]:.1f} ms",
                    f"{worked:.1f} ms", sql["queries"], f"{sql['bare']:.1f} ms", f"{size // 1000}k", ratio,
                )
            )  # fmt: skip
            time.sleep(0.05)
    return medians


if __name__ == "__main__":
    main()
