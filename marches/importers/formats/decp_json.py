"""The shapes in which platforms write essential data in JSON, whatever the year of the format.

Official: {"marches": {"marche": […], "contrat-concession": […]}} in 2022, {"marches": […]} in 2019. Seen as well: the
same without « marches », a bare list, one object where a list is due, elements wrapped in their own name, NaN where
JSON has null.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import ijson

from marches.importers.fichiers import BLOCK, GardienJson, rewind

NAMES = ("marche", "contrat-concession")
BUYERS = {"acheteur", "autoriteConcedante", "acheteur.id", "autoriteConcedante.id"}
# Only the format of 2022 has these.
KEYS_2022 = {
    "considerationsSociales", "considerationsEnvironnementales", "modalitesExecution", "techniques", "typesPrix",
    "typePrix", "TypePrix", "ccag", "offresRecues", "typeGroupementOperateurs", "sousTraitanceDeclaree",
    "attributionAvance", "marcheInnovant", "actesSousTraitance",
}  # fmt: skip
PIECE = 1024  # bytes parsed at once in the head, whose end is cut
MOST_LETTERS = 64
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|"[^"\\]*(?:\\.[^"\\]*)*\\?\Z|-?\bInfinity\b|\bNaN\b', re.DOTALL)


@dataclass(frozen=True)
class Forme:
    """Where the records stand: ijson prefixes of lists, or of single objects; `premier`, the first, if it is whole."""

    prefixes: tuple[str, ...]
    en_liste: bool
    premier: Any = None

    @property
    def de_2022(self) -> bool:
        """Whether the records are of 2022: by the blocks of that format, else by the first one."""
        if any(prefix.rpartition(".")[2] in NAMES for prefix in self.prefixes):
            return True
        return isinstance(self.premier, dict) and bool(KEYS_2022 & self.premier.keys())

    @property
    def est_decp(self) -> bool:
        """Whether a list that nothing names holds contracts."""
        if self.prefixes[0]:
            return True
        return isinstance(self.premier, dict) and bool(BUYERS & self.premier.keys())


def forme_of(tete: bytes) -> Forme | None:
    """How the file that begins so holds its records; None when they cannot be found there."""
    if not tete.lstrip().startswith((b"{", b"[")):
        return None
    events = _events(tete)
    first = next(events, None)
    if first is None:
        return None
    if first[1] == "start_array":
        return Forme(("",), True, _first(tete, "item"))
    if first[1] != "start_map":
        return None
    for prefix, event, _ in events:
        if prefix == "marches" and event == "start_array":
            return Forme(("marches",), True, _first(tete, "marches.item"))
        if prefix == "marches" and event == "start_map":
            return Forme(tuple(f"marches.{name}" for name in NAMES), True)
        if prefix in NAMES and event in {"start_map", "start_array"}:
            return Forme(NAMES, True)
        if prefix in BUYERS and event in {"start_map", "string"}:
            return Forme(("",), False, _first(tete, ""))
    return None


def records(file: BinaryIO) -> Iterator[Any]:
    """The records of a file, in the order of their blocks, at constant memory; a single object is a list of one.

    A file is read once for each block it holds, once more for a block that is no list.
    """
    forme = forme_of(_head(file))
    if forme is None:
        return
    needed = True
    for rank, prefix in enumerate(forme.prefixes):
        if rank and not needed:
            return
        guard = _guard(file, rank == 0 and len(forme.prefixes) > 1)
        found = False
        if forme.en_liste:
            item = f"{prefix}.item" if prefix else "item"
            for raw in ijson.items(guard, item, buf_size=BLOCK):
                found = True
                yield from _each(raw)
        needed = not rank and guard.seen
        if not found:
            yield from _single(file, prefix)


def _single(file: BinaryIO, prefix: str) -> Iterator[Any]:
    for raw in ijson.items(_guard(file), prefix, buf_size=BLOCK):
        if isinstance(raw, dict) and raw:
            yield from _each(raw)


def _guard(file: BinaryIO, notice: bool = False) -> "GardienTolerant":
    rewind(file)
    return GardienTolerant(file, b'"contrat-concession"' if notice else b"")


def _each(raw: Any) -> Iterator[Any]:
    """The record, or those wrapped in their own name: {"marche": {…}}, {"marche": […]}."""
    inner = unwrapped(raw) if isinstance(raw, dict) else raw
    if inner is not raw and isinstance(inner, list):
        yield from inner
    else:
        yield inner


def unwrapped(raw: dict) -> Any:
    name = next(iter(raw)) if len(raw) == 1 else ""
    return raw[name] if name in NAMES and isinstance(raw[name], (dict, list)) else raw


def _events(tete: bytes) -> Iterator[tuple[str, str, Any]]:
    try:
        yield from ijson.parse(GardienTolerant(io.BytesIO(tete)), buf_size=PIECE)
    except (ijson.JSONError, ValueError):
        return


def _first(tete: bytes, prefix: str) -> Any:
    try:
        raws = ijson.items(GardienTolerant(io.BytesIO(tete)), prefix, buf_size=PIECE)
        return next((record for raw in raws for record in _each(raw)), None)
    except (ijson.JSONError, ValueError):
        return None


def _head(file: BinaryIO) -> bytes:
    rewind(file)
    pieces, size = [], 0
    while size < BLOCK and (piece := file.read(BLOCK - size)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


class GardienTolerant(GardienJson):
    """Hands `null` on for the NaN and Infinity that some programs write, which no reader of JSON takes."""

    def __init__(self, file: BinaryIO, noticed: bytes = b""):
        super().__init__(cast(BinaryIO, _WholeWords(file)), noticed)

    def read(self, size: int = -1) -> bytes:
        before = b'"' + self.escape if self.in_text else b""
        block = super().read(size)
        if b"NaN" not in block and b"Infinity" not in block:
            return block
        return _TOKEN.sub(lambda token: token[0] if token[0][:1] == b'"' else b"null", before + block)[len(before) :]


class _WholeWords:
    """A file whose blocks never end in the middle of a word."""

    def __init__(self, file: BinaryIO):
        self.file = file

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        pieces = [block]
        while size >= 0 and len(pieces) < MOST_LETTERS and (pieces[-1][-1:].isalpha() or pieces[-1][-1:] == b"-"):
            pieces.append(self.file.read(1))
        return b"".join(pieces) if len(pieces) > 1 else block
