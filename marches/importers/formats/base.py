"""What a format of contracts has to say for itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from marches.rules.decp import Enregistrement


@dataclass(frozen=True)
class Format:
    """One official format.

    `cle` is stored with each record (30 characters at most). `recognises` is given the first 64 kB of the file,
    unpacked and without byte order mark, which may stop in the middle of a character. `records` is given the file,
    unpacked, seekable, after its byte order mark, and hands on raw records that JSON can hold, in an order that never
    changes, at constant memory: imports stop and resume by counting them. It raises FichierRefuse, or what
    `fichiers.readable` turns into one. `read` is pure, takes what `records` gave or what was stored of it, and never
    raises. A raw record with an attribute `ligne` is told by it in reports, any other by its rank. `conserve` is the
    key its records are stored under when they are those of another format, written otherwise.
    """

    cle: str
    nom: str
    recognises: Callable[[bytes, Path], bool]
    records: Callable[[BinaryIO], Iterator[Any]]
    read: Callable[[Any], Enregistrement]
    conserve: str = ""

    @property
    def cle_conservee(self) -> str:
        return self.conserve or self.cle
