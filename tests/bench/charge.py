"""What a measure took of the processor: on a machine that others use too, a clock tells more of them than of us."""

import os
from collections.abc import Iterable
from pathlib import Path

import environ


def load() -> str:
    """Runnable processes over the last minute, and processors: how far the milliseconds beside are to be believed."""
    return f"charge {os.getloadavg()[0]:.1f} pour {os.cpu_count()} processeurs"


def spent(pids: Iterable[int]) -> float:
    """Seconds of processor of these processes so far, their own and the system's; 0 for those one may not see."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def backends(url: str) -> list[int]:
    """Processes of PostgreSQL that serve the database of `url`, of a server on this machine; none elsewhere."""
    if not url.startswith("postgres"):
        return []
    with connect(url) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in rows]


def connect(url: str):
    """A connection of psycopg to the database of `url`, each statement for itself."""
    import psycopg

    base = environ.Env.db_url_config(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    given = {option: base[name] for name, option in names.items() if base.get(name)}
    return psycopg.connect(**given, autocommit=True)
