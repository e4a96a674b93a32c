"""`python -m tests.bench`: the pages of the directory on 10 000 structures, on SQLite and on PostgreSQL.

Each page is asked of gunicorn (one worker, DEBUG off, hashed files, nothing in front) by one client, one request after
the other: 5 to warm up, 40 measured. Queries are counted in process on the same database. The peer's figures, taken
on such data and such a machine, are printed beside; the ratio is what counts.
"""

import argparse
import http.client
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

# page: (address, peer's median in ms, peer's queries, peer's bytes)
PAGES = {
    "sans filtre": ("/structures/", 292, 12, 208_811),
    "secteur + commune (Grenoble)": ("/structures/?secteur=proprete&lieu=commune-38185", 357, 16, 220_496),
    "secteur + département (Isère)": ("/structures/?secteur=proprete&lieu=departement-38", 345, 16, 220_587),
    "mots « ateliers solidaire »": (f"/structures/?q={quote('ateliers solidaire')}", 178, 12, 211_701),
    "fiche d'une structure": (None, 57, 15, 76_127),
}


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)  # a long run shows its lines as they come, to a file as well
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--structures", type=int, default=10_000)
    parser.add_argument("--moteur", choices=["sqlite", "postgresql", "les-deux"], default="les-deux")
    options = parser.parse_args()
    engines = ["sqlite", "postgresql"] if options.moteur == "les-deux" else [options.moteur]
    for engine in engines:
        folder = Path(tempfile.mkdtemp(prefix="portail-bench-", dir="/tmp"))
        try:
            measure_engine(engine, folder, options.structures)
        finally:
            from tests import engine as servers

            servers.stop()
            shutil.rmtree(folder, ignore_errors=True)


def measure_engine(engine: str, folder: Path, number: int) -> None:
    """Fill a new database, ask every page, print the table."""
    if engine == "postgresql":
        from tests.engine import postgresql_url

        url = postgresql_url()
    else:
        url = f"sqlite:///{folder / 'bench.sqlite3'}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "PORTAL_HOSTS": HOST,
        "PORTAL_SECRET_KEY": secrets.token_hex(32),
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "PORTAL_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    manage = [sys.executable, "manage.py"]
    for command in ("migrate -v0", "createcachetable", "import_territoires", "collectstatic --noinput -v0"):
        subprocess.run([*manage, *command.split()], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    started = time.perf_counter()
    described = subprocess.run(
        [sys.executable, "-m", "tests.bench.inside", str(number), *[path or "-" for path, *_ in PAGES.values()]],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    rows, queries = int(described[0]), [int(line) for line in described[2:]]
    print(f"\n{engine} – {rows} structures, chargées en {time.perf_counter() - started:.0f} s ; gunicorn, un processus")
    print(f"{'page':<34}{'médiane':>9}{'p95':>9}{'min':>9}{'requêtes':>10}{'octets':>19}{'pair':>9}{'rapport':>9}")
    with Served(environment) as port:
        for (name, (path, peer_ms, peer_sql, peer_bytes)), sql in zip(PAGES.items(), queries, strict=True):
            times, size = ask(port, path or described[1])
            middle = median(times)
            print(
                f"{name:<34}{middle:>6.1f} ms{sorted(times)[int(len(times) * 0.95) - 1]:>6.1f} ms{min(times):>6.1f} ms"
                f"{sql:>5} / {peer_sql:<2}{size:>9} / {peer_bytes:<7}{peer_ms:>6} ms{peer_ms / middle:>8.1f}×"
            )


class Served:
    """gunicorn with one worker on a free port, stopped at the end."""

    def __init__(self, environment):
        self.environment = environment

    def __enter__(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "portal.wsgi", "-w1", "-b", f"127.0.0.1:{port}", "--log-level=error"],
            cwd=ROOT, env=self.environment, start_new_session=True,
        )  # fmt: skip
        for _ in range(100):
            try:
                ask(port, "/sante/", times=1)
                return port
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("gunicorn n'a pas démarré")

    def __exit__(self, *exception) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(timeout=10)


def ask(port: int, path: str, times: int = WARM_UP + MEASURED) -> tuple[list[float], int]:
    """Milliseconds of each measured request, and the bytes of the page; one connection a request, as the peer's."""
    measured, size = [], 0
    for rank in range(times):
        start = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path, headers={"Host": HOST, "User-Agent": "Mozilla/5.0 (bench)"})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if rank >= WARM_UP or times == 1:
            measured.append((time.perf_counter() - start) * 1000)
        if path != "/sante/" and response.status != 200:
            raise RuntimeError(f"{path} répond {response.status}")
        size = len(body)
    return measured, size


if __name__ == "__main__":
    main()
