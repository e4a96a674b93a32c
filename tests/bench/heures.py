"""`python -m tests.bench.heures [--lignes 1000000 10000000]`: the facilitator's pages on millions of hour lines.

Lines are made by PostgreSQL itself (`heures_donnees`): a body keeps its size, their number grows with the country.
Each page is asked of gunicorn, signed in, as in the benchmark of the directory; months of 50 people are typed, sent
and accepted through their forms, one month each time; at last a month of 5 000 people comes in as a file. Beside: the
processor that the worker and PostgreSQL spend on one of them, which a busy machine changes little, queries, the
milliseconds they take straight through the driver, the aim, and how much dearer the largest portal is than the
smallest. The ratios of one run are what counts.

`--base postgres://compte@hote/heures_{lignes}` measures an existing database, filled at the first run and kept.
"""

import argparse
import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from tests.bench.__main__ import EMPTY, HOST, ROOT, Served, ask, environment_of, new_database
from tests.bench.charge import backends, load, spent

WARM_UP, MEASURED = 3, 20
AIMS = {
    "tableau de bord": 60,
    "bilan acheteur-année (facilitateur)": 150,
    "bilan acheteur-année (acheteur)": 150,
    "mois de 50 personnes, enregistré": 150,
}  # milliseconds
LINE = "{:<38}{:>11}{:>11}{:>11}{:>10}{:>11}{:>8}{:>9}{:>9}"
CSRF = "b" * 32
FILE_ROWS, FILE_AIM = 5_000, 5  # of an imported file; seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lignes", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--base", metavar="URL", help="base à remplir, puis à garder ; {lignes} y est remplacé")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    smallest: dict[str, float] = {}
    for number in sorted(options.lignes):
        folder = Path(tempfile.mkdtemp(prefix="portail-bench-", dir="/tmp"))
        try:
            url = options.base.format(lignes=number) if options.base else new_database("postgresql", folder)
            medians = measure(environment_of(url, folder), number, smallest)
            smallest = smallest or medians
        finally:
            from tests import engine

            engine.stop()
            shutil.rmtree(folder, ignore_errors=True)


def measure(environment: dict[str, str], number: int, smallest: dict[str, float]) -> dict[str, float]:
    for command in ("migrate -v0", "createcachetable", "collectstatic --noinput -v0"):
        subprocess.run(
            [sys.executable, "manage.py", *command.split()],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    told = json.loads(
        subprocess.run(
            [sys.executable, "-m", "tests.bench.heures_dedans", str(number), str(WARM_UP + MEASURED)],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True,
        ).stdout.splitlines()[-1]
    )  # fmt: skip
    print(
        f"\npostgresql – {told['lignes']} lignes d'heures, {told['clauses']} clauses, {told['size']} Mo, "
        f"versées en {told['seconds']:.0f} s ; {load()}"
    )
    print(LINE.format("page", "médiane", "p95", "processeur", "requêtes", "SQL nu", "octets", "but", "× petit"))
    medians = {}

    def tell(name, asked, queries="–", bare="–", octets="–"):
        times, worked = [taken for taken, _ in asked], sum(cpu for _, cpu in asked) / len(asked)
        medians[name] = middle = median(times)
        p95 = sorted(times)[int(len(times) * 0.95) - 1]
        aim = f"{AIMS[name]} ms" if name in AIMS else "–"
        ratio = f"{middle / smallest[name]:.2f}" if name in smallest else "–"
        cost = f"{worked:.1f} ms"
        print(LINE.format(name, f"{middle:.1f} ms", f"{p95:.1f} ms", cost, queries, bare, octets, aim, ratio))

    with Served(environment) as served:
        clock = Clock(served, environment["DATABASE_URL"])
        print(f"page vide : {median(ask(served.port, EMPTY)[0]):.1f} ms")
        for name, who, path, queries, bare in told["pages"]:
            session = told["sessions"][who]
            asked = [clock.measured(served.port, path, session) for _ in range(WARM_UP + MEASURED)]
            tell(name, [each[:2] for each in asked[WARM_UP:]], queries, f"{bare:.1f} ms", f"{asked[-1][2] // 1000}k")
        for name, asked in grid(served.port, told, clock).items():
            tell(name, asked)
    print(file_line(environment))
    return medians


def file_line(environment: dict[str, str]) -> str:
    """A month of `FILE_ROWS` people in a CSV: shown, then written, each with its report."""
    run = [sys.executable, "-m", "tests.bench.heures_fichier", str(FILE_ROWS)]
    done = subprocess.run(run, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return (
        f"fichier de {told['rows']} lignes, dont {told['wrong']} écartées : aperçu {told['shown']:.1f} s, "
        f"écriture et rapport {told['written']:.1f} s (but : {FILE_AIM} s)"
    )


class Clock:
    """What the worker and the sessions of PostgreSQL on this database spend, in milliseconds of processor."""

    def __init__(self, served: Served, url: str):
        self.served, self.url = served, url

    def measured(self, port, path, session, form=None) -> tuple[float, float, int]:
        """Milliseconds elapsed, milliseconds of processor, bytes.

        Ticks of the processor are of 10 ms: only the mean of many requests means something.
        """
        pids = [*self.served.workers(), *backends(self.url)]
        before = spent(pids)
        taken, size = request(port, path, session, form)
        return taken, (spent(pids) - before) * 1000, size


def grid(port: int, told: dict, clock: Clock) -> dict[str, list[tuple[float, float]]]:
    """Each month: saved empty to full, saved again with other hours, sent, then accepted in one gesture."""
    found: dict[str, list[tuple[float, float]]] = {}

    def post(name, path, who, rank, **fields):
        asked = clock.measured(port, path, told["sessions"][who], fields)
        if rank >= WARM_UP:
            found.setdefault(name, []).append(asked[:2])

    for rank, path in enumerate(told["grille"]):
        for version, (name, action, hours) in enumerate(
            [
                ("mois de 50 personnes, enregistré", "enregistrer", "70"),
                ("le même, corrigé", "enregistrer", "71,5"),
                ("le même, transmis", "transmettre", "71,5"),
            ]
        ):
            cells = {f"l{pk}-travail": hours for pk, _ in told["people"]}
            cells |= {f"l{pk}-formation": "" for pk, _ in told["people"]}
            keys = [f"{pk}:{code}" for pk, code in told["people"]]
            post(name, path, "entreprise", rank, affectation=keys, version=str(version), action=action, **cells)
        post("le même, accepté d'un geste", f"{path}accepter-conformes/", "facilitateur", rank)
    return found


def request(port: int, path: str, session: str, form: dict | None = None) -> tuple[float, int]:
    """Milliseconds and bytes of one page read, or of one form sent, which must answer by a redirection."""
    headers = {
        "Host": HOST, "User-Agent": "Mozilla/5.0 (bench)", "Cookie": f"sessionid={session}; csrftoken={CSRF}",
        "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip
    body = None if form is None else urlencode(form | {"csrfmiddlewaretoken": CSRF}, doseq=True)
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET" if form is None else "POST", path, body=body, headers=headers)
    response = connection.getresponse()
    page = response.read()
    connection.close()
    taken = (time.perf_counter() - start) * 1000
    if response.status != (200 if form is None else 302):
        raise RuntimeError(f"{path} répond {response.status}")
    return taken, len(page)


if __name__ == "__main__":
    main()
