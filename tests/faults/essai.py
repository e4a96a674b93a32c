"""A database ready to be copied, and an import on a copy of it, killed or not."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Terrain:
    """Databases of one engine, made from one that is migrated once. `url` is a PostgreSQL server, or "" for SQLite."""

    def __init__(self, folder: Path, url: str = ""):
        self.folder, self.url = folder, url
        self.run("manage.py", "migrate", "-v0", base=self.prepare())

    def prepare(self) -> str:
        if self.url:
            self.sql('DROP DATABASE IF EXISTS "faults_propre" WITH (FORCE)', 'CREATE DATABASE "faults_propre"')
        return self.base("propre")

    def base(self, name: str) -> str:
        if self.url:
            return f"{self.url.rpartition('/')[0]}/faults_{name}"
        return f"sqlite:///{self.folder / name}.sqlite3"

    def neuve(self) -> str:
        """A new copy; the last one goes."""
        if self.url:
            self.sql(
                'DROP DATABASE IF EXISTS "faults_essai" WITH (FORCE)',
                'CREATE DATABASE "faults_essai" TEMPLATE "faults_propre"',
            )
        else:
            for path in self.folder.glob("essai.sqlite3*"):
                path.unlink()
            shutil.copy(self.folder / "propre.sqlite3", self.folder / "essai.sqlite3")
        return self.base("essai")

    def close(self) -> None:
        if self.url:
            self.sql(*(f'DROP DATABASE IF EXISTS "faults_{name}" WITH (FORCE)' for name in ("essai", "propre")))

    def sql(self, *statements: str) -> None:
        import environ
        import psycopg

        server = environ.Env.db_url_config(self.url)
        given = {"dbname": "NAME", "host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
        words = {name: server[key] for name, key in given.items() if server.get(key)}
        with psycopg.connect(**words, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def environment(self, base: str) -> dict[str, str]:
        return os.environ | {"DATABASE_URL": base, "DJANGO_SETTINGS_MODULE": "portal.settings"}

    def run(self, *arguments: str, base: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT, env=self.environment(base), check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout

    def etat(self, base: str) -> dict:
        return json.loads(self.run("-m", "tests.faults.etat", base=base))

    def importer(self, base: str, path: Path, batch: int, watch: Callable[["Enfant"], None] | None = None) -> list[str]:
        """Import, `watch` being given the process once the file is checked; the lines it said."""
        enfant = Enfant([sys.executable, "-m", "tests.faults.enfant", str(path), str(batch)], self.environment(base))
        try:
            enfant.line()
            if watch:
                watch(enfant)
            while enfant.line():
                pass
        finally:
            enfant.fermer()
        return enfant.said


class Enfant:
    """A process of ours, what it says, and the signal that no program can catch."""

    def __init__(self, command: list[str], environment: dict[str, str]):
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        self.since, self.seconds = time.monotonic(), 0.0  # the first line, and from there to the last

    def line(self) -> str:
        """The next line, "" once it is gone; RuntimeError with its words when it failed by itself."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        if said := self.process.stdout.readline().strip():
            self.said.append(said)
            if len(self.said) == 1:
                self.since = time.monotonic()
            self.seconds = time.monotonic() - self.since
            return said
        if self.process.wait() not in {0, -signal.SIGKILL}:
            raise RuntimeError(self.process.stderr.read())
        return ""

    def tuer(self) -> None:
        self.process.kill()
        self.process.wait()

    def fermer(self) -> None:
        self.tuer()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
