"""`python -m tests.bench.marches [--contrats 200000] [--moteur postgresql]`: the import of contracts, measured.

A generated DECP 2022 file on an empty register, then the same file again, then everything folded again. Beside: what
reading the JSON alone costs (ijson), and what pouring the very rows that the import wrote costs (COPY of the tables of
the register into copies that have the same constraints and indexes), which no import can beat. Memory is the most that
the process held; seconds of processor are those of the import and of its connection to PostgreSQL.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.__main__ import ROOT, environment_of, new_database
from tests.bench.charge import backends, connect, load, spent

TABLES = ["structures_organisation", "marches_acheteur", "marches_marche", "marches_lot", "marches_titulaire",
          "marches_modification", "marches_actesoustraitance", "marches_sourcelot"]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contrats", type=int, default=200_000)
    parser.add_argument("--moteur", choices=["sqlite", "postgresql"], default="postgresql")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    from tests.bench.decp import write

    folder = Path(tempfile.mkdtemp(prefix="portail-bench-", dir="/tmp"))
    try:
        path = write(folder / "decp.json", options.contrats)
        size = path.stat().st_size / 1e6
        print(f"{options.moteur} – {options.contrats} enregistrements, {size:.0f} Mo ; {load()}")
        url = new_database(options.moteur, folder)
        if options.moteur == "postgresql":
            keep_statistics(url)
        environment = environment_of(url, folder)
        environment["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        for command in ("migrate -v0", "import_territoires"):
            subprocess.run(
                [sys.executable, "manage.py", *command.split()],
                cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        for step in ("lecture", "import", "relecture", "recalcul", "copie"):
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.marches", "--etape", step, str(path)],
                cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
            )  # fmt: skip
            print(line(json.loads(done.stdout.splitlines()[-1])))
    finally:
        from tests import engine

        engine.stop()
        shutil.rmtree(folder, ignore_errors=True)


def keep_statistics(url: str) -> None:
    """The server of the tests has no autovacuum: tables that grow would be thought empty still, and read whole."""
    with connect(url) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = on")
        connection.execute("ALTER SYSTEM SET autovacuum_naptime = '20s'")
        connection.execute("SELECT pg_reload_conf()")


def line(told: dict) -> str:
    return (
        f"{told['quoi']:<44}{told['nombre']:>9} en {told['secondes']:>7.1f} s, "
        f"{told['nombre'] / told['secondes']:>8.0f} /s ; "
        f"processeur {told['processeur']:>6.1f} s, base {told['base']:>6.1f} s ; mémoire {told['memoire']} Mo"
    )


def step(name: str, path: Path) -> None:
    """One measure, in a process of its own: its memory is nobody else's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    start, worked = time.perf_counter(), time.process_time()
    what, number, *measured = STEPS[name](path)
    print(json.dumps({
        "quoi": what, "nombre": number, "secondes": measured[0] if measured else time.perf_counter() - start,
        "processeur": time.process_time() - worked, "base": spent(backends(os.environ["DATABASE_URL"])),
        "memoire": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }))  # fmt: skip


def lecture(path: Path) -> tuple[str, int]:
    import ijson

    with path.open("rb") as file:
        return "plancher : ijson seul", sum(1 for _ in ijson.items(file, "marches.marche.item"))


def importer(path: Path) -> tuple[str, int]:
    from marches.importers.contrats import import_file

    return "import", import_file(path).lus


def relire(path: Path) -> tuple[str, int]:
    from marches.importers.contrats import import_file

    report = import_file(path)
    assert report.crees + report.mis_a_jour == 0
    return "le même fichier une seconde fois", report.inchanges


def recalculer(path: Path) -> tuple[str, int]:
    from marches.upsert import recalculer

    return "recalculer_marches (lots)", recalculer()


def copie(path: Path) -> tuple[str, int, float]:
    """The rows of the import poured again into tables like theirs, once read; on SQLite, INSERT … SELECT."""
    from django.db import connection

    from marches.models import SourceLot

    seconds = 0.0
    with connection.cursor() as cursor:
        for table in TABLES:
            if connection.vendor == "postgresql":
                cursor.execute(f"CREATE TABLE copie_{table} (LIKE {table} INCLUDING ALL)")
                with cursor.copy(f"COPY {table} TO STDOUT") as out:
                    pieces = list(out)
                start = time.perf_counter()
                with cursor.copy(f"COPY copie_{table} FROM STDIN") as into:
                    for piece in pieces:
                        into.write(piece)
            else:
                start = time.perf_counter()
                cursor.execute(f"CREATE TABLE copie_{table} AS SELECT * FROM {table}")
            seconds += time.perf_counter() - start
    return "plancher : COPY des mêmes lignes", SourceLot.objects.count(), seconds


STEPS = {"lecture": lecture, "import": importer, "relecture": relire, "recalcul": recalculer, "copie": copie}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--etape"]:
        step(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
