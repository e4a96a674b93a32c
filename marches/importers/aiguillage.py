"""Which engine reads a file: that of notices, or that of contracts. Its content says so, never its name."""

import re
import zipfile
import zlib
from typing import IO, Any

from marches.importers.avis import ANNONCES
from marches.importers.fichiers import ZIP_MAGIC
from portal.imports import FichierRefuse, open_maybe_gzip

HEAD = 64 * 1024  # bytes in which the root element of an XML opens
MOST_LOOKED_AT = 500  # members of an archive: those of one kind come together
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)(?=[\s/>])")
_ASIDE = re.compile(rb"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>", re.DOTALL)
UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError)
MELANGE = (
    "L'archive mêle des avis de marché et des données de contrats\u00a0: déposez-les séparément, chacun a son compte "
    "rendu."
)


def est_avis(file: IO[bytes]) -> bool:
    """Whether a file, packed or not, holds notices; FichierRefuse for an archive of notices and of contracts.

    What cannot be read is no notice: the engine of contracts says why. The file is left where it was.
    """
    try:
        return _holds_notices(file)
    except UNREADABLE:
        return False
    finally:
        file.seek(0)


def _holds_notices(file: Any) -> bool:
    unpacked = open_maybe_gzip(file)
    tete = unpacked.read(HEAD)
    if not tete.startswith(ZIP_MAGIC):
        return _root(tete) in ANNONCES
    unpacked.seek(0)
    with zipfile.ZipFile(unpacked) as archive:
        notices = contracts = False
        for member in _members(archive):
            with archive.open(member) as content:
                tete = content.read(HEAD)
            if _root(tete) in ANNONCES:
                notices = True
            elif _root(tete) == "marches" or tete.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
                contracts = True
            if notices and contracts:
                raise FichierRefuse(MELANGE)
    return notices


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The first files of an archive that one of the engines may read; none of a workbook."""
    names = set(archive.namelist())
    if {"[Content_Types].xml", "mimetype"} & names:
        return []
    kept = [
        member
        for member in archive.infolist()
        if member.filename.lower().endswith((".xml", ".json")) and "__MACOSX" not in member.filename
    ]
    return kept[:MOST_LOOKED_AT]


def _root(tete: bytes) -> str:
    """The local name of the root element that a head opens; "" when it opens none."""
    if tete.startswith((b"\xff\xfe", b"\xfe\xff")):
        tete = tete.decode("utf-16", "replace").encode()
    found = _ROOT.match(_ASIDE.sub(b"", tete.removeprefix(b"\xef\xbb\xbf")).lstrip())
    return found[1].decode() if found else ""
