"""`python -m tests.bench [--structures 10000 100000] [--moteur postgresql]`: the pages of the directory, measured.

Each page is asked of gunicorn (one worker, DEBUG off, hashed files, nothing in front) by one client, one request after
the other: 5 to warm up, 40 measured, an empty page between one and the next. Beside each: its queries, counted in
process on the same database, the figures of the peer, taken on such data and such a machine, and the floor, which is
that empty page, through the same middleware, plus the page's own SQL straight through the driver. Ratios are what
counts: the machine is never quiet, so what is compared is measured in turn. With two sizes, the
last column says how much dearer the larger is. Last, the CSV of the whole directory: lines a second, and memory.

`--base postgres://compte@hote/essai_{structures}` measures an existing database, filled at the first run and kept: the
same figures again without the minutes that 100 000 structures take to make.
"""

import argparse
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]
WARM_UP, MEASURED = 5, 40
HOST = "bench.invalid"
EMPTY = "/vide/"

# page: (address, peer's median in ms, peer's queries, peer's bytes); None where the peer has no such page
PAGES = {
    "sans filtre": ("/structures/", 292, 12, 208_811),
    "secteur + commune (Grenoble)": ("/structures/?secteur=proprete.bureaux&lieu=commune-38185", 357, 16, 220_496),
    "secteur + département (Isère)": ("/structures/?secteur=proprete.bureaux&lieu=departement-38", 345, 16, 220_587),
    "famille + commune": ("/structures/?secteur=proprete&lieu=commune-38185", None, None, None),
    "famille + département": ("/structures/?secteur=proprete&lieu=departement-38", None, None, None),
    "mots « ateliers solidaire »": (f"/structures/?q={quote('ateliers solidaire')}", 178, 12, 211_701),
    "fiche d'une structure": (None, 57, 15, 76_127),
    "carte de tout l'annuaire": ("/structures/?vue=carte", None, None, None),
    "carte de l'Isère": ("/structures/?secteur=proprete&lieu=departement-38&vue=carte", None, None, None),
}
PEER_LINES = 1_941  # of CSV, a second
HEADER = ("page", "médiane", "p95", "requêtes", "octets", "pair", "gain", "vide", "SQL nu", "× plancher", "× petit")
LINE = "{:<32}{:>9}{:>9}{:>10}{:>9}{:>9}{:>8}{:>8}{:>9}{:>12}{:>9}"


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)  # a long run shows its lines as they come, to a file as well
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--structures", type=int, nargs="+", default=[10_000])
    parser.add_argument("--moteur", choices=["sqlite", "postgresql", "les-deux"], default="les-deux")
    parser.add_argument("--base", metavar="URL", help="base à remplir, puis à garder ; {structures} y est remplacé")
    options = parser.parse_args()
    engines = ["sqlite", "postgresql"] if options.moteur == "les-deux" else [options.moteur]
    for engine in [options.base.split(":")[0]] if options.base else engines:
        smallest: dict[str, float] = {}
        for number in sorted(options.structures):
            folder = Path(tempfile.mkdtemp(prefix="portail-bench-", dir="/tmp"))
            try:
                url = options.base.format(structures=number) if options.base else new_database(engine, folder)
                medians = measure(engine, environment_of(url, folder), number, smallest)
                smallest = smallest or medians
            finally:
                from tests import engine as servers

                servers.stop()
                shutil.rmtree(folder, ignore_errors=True)


def measure(engine: str, environment: dict[str, str], number: int, smallest: dict[str, float]) -> dict[str, float]:
    """Fill the database when it is empty, ask every page, print the table; the median of each page."""
    for command in ("migrate -v0", "createcachetable", "import_territoires", "collectstatic --noinput -v0"):
        subprocess.run(
            [sys.executable, "manage.py", *command.split()],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    told = json.loads(
        subprocess.run(
            [sys.executable, "-m", "tests.bench.inside", str(number), *[path or "-" for path, *_ in PAGES.values()]],
            cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
        ).stdout.splitlines()[-1]
    )  # fmt: skip
    print(f"\n{engine} – {told['structures']} structures, versées en {told['seconds']:.0f} s ; gunicorn, un processus")
    print(LINE.format(*HEADER))
    medians = {}
    with Served(environment) as served:
        for (name, (path, peer_ms, peer_queries, peer_bytes)), sql in zip(PAGES.items(), told["pages"], strict=True):
            times, empties, size = ask_in_turn(served.port, path or told["card"])
            medians[name] = middle = median(times)
            empty = median(empties)
            p95 = sorted(times)[int(len(times) * 0.95) - 1]
            print(
                LINE.format(
                    name, f"{middle:.1f} ms", f"{p95:.1f} ms", beside(sql["queries"], peer_queries),
                    beside(size // 1000, peer_bytes and peer_bytes // 1000) + "k", f"{peer_ms} ms" if peer_ms else "–",
                    f"{peer_ms / middle:.1f}" if peer_ms else "–", f"{empty:.1f}", f"{sql['bare']:.1f}",
                    f"{middle / (empty + sql['bare']):.2f}",
                    f"{middle / smallest[name]:.2f}" if name in smallest else "–",
                )
            )  # fmt: skip
        if told["export"]:
            print(export_line(served, told["export"]))
    return medians


def new_database(engine: str, folder: Path) -> str:
    if engine == "postgresql":
        from tests.engine import postgresql_url

        return postgresql_url()
    return f"sqlite:///{folder / 'bench.sqlite3'}"


def environment_of(url: str, folder: Path) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": url,
        "PORTAL_HOSTS": HOST,
        "PORTAL_SECRET_KEY": secrets.token_hex(32),
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "PORTAL_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
    }


def beside(ours: int, peer: int | None) -> str:
    return f"{ours}/{peer}" if peer else str(ours)


def export_line(served: "Served", path: str) -> str:
    """The CSV of everything, once: lines a second from the first byte asked to the last received."""
    before, start = served.memory(), time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=600)
    connection.request("GET", path, headers={"Host": HOST, "User-Agent": "Mozilla/5.0 (bench)"})
    response, lines, size = connection.getresponse(), 0, 0
    while piece := response.read(1 << 16):
        lines, size = lines + piece.count(b"\n"), size + len(piece)
    seconds = time.perf_counter() - start
    connection.close()
    return (
        f"CSV de tout : {lines} lignes, {size / 1e6:.1f} Mo en {seconds:.1f} s, {lines / seconds:.0f} lignes/s "
        f"(pair {PEER_LINES}) ; mémoire du processus {before} Mo avant, {served.memory()} Mo après"
    )


class Served:
    """gunicorn with one worker on a free port, stopped at the end."""

    def __init__(self, environment):
        self.environment = environment

    def __enter__(self) -> "Served":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "portal.wsgi", "-w1", "--log-level=error", f"-b127.0.0.1:{self.port}"],
            cwd=ROOT, env=self.environment, start_new_session=True,
        )  # fmt: skip
        for _ in range(100):
            try:
                ask_once(self.port, EMPTY)
                return self
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("gunicorn n'a pas démarré")

    def workers(self) -> list[int]:
        """Processes that answer; none where the system does not say."""
        try:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        except OSError:
            return []
        return [int(pid) for pid in children.split()]

    def memory(self) -> int:
        """Most resident memory of the worker so far, in MB; 0 where the system does not say."""
        try:
            children = self.workers()
            status = Path(f"/proc/{children[0]}/status").read_text()
        except (OSError, IndexError):
            return 0
        return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def __exit__(self, *exception) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(timeout=10)


def ask(port: int, path: str, times: int = WARM_UP + MEASURED) -> tuple[list[float], int]:
    """Milliseconds of each request, those that warm up left out, and the bytes of the page."""
    measured, size = [], 0
    for rank in range(times):
        milliseconds, size = ask_once(port, path)
        if rank >= WARM_UP or times == 1:
            measured.append(milliseconds)
    return measured, size


def ask_in_turn(port: int, path: str) -> tuple[list[float], list[float], int]:
    """Milliseconds of each measured request of the page, of each empty page asked in turn with it, and its bytes."""
    pages, empties, size = [], [], 0
    for rank in range(WARM_UP + MEASURED):
        empty, _ = ask_once(port, EMPTY)
        page, size = ask_once(port, path)
        if rank >= WARM_UP:
            empties.append(empty)
            pages.append(page)
    return pages, empties, size


def ask_once(port: int, path: str) -> tuple[float, int]:
    """Milliseconds and bytes of one request, on a connection of its own, as the peer's."""
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Host": HOST, "User-Agent": "Mozilla/5.0 (bench)"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{path} répond {response.status}")
    return (time.perf_counter() - start) * 1000, len(body)


if __name__ == "__main__":
    main()
