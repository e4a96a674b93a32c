"""Notices of public contracts: one XML file, or a .zip of them; the format is known by the root element."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.db import transaction
from django.utils import timezone

from marches.importers.avis import boamp, eforms, ted, xml
from marches.rules.avis import AvisLu
from marches.upsert.avis import AvisUpsert, LectureAvis
from portal.imports import FichierRefuse, ImportReport, open_maybe_gzip
from portal.models import Importation

FORMAT = "avis"
ANNONCES = frozenset({*eforms.ROOTS, "TED_EXPORT", "ANNONCE"})  # root elements of the notices that are read
ZIP_MAGIC = b"PK\x03\x04"
MOST_MEMBERS = 20_000
LARGEST_ARCHIVE = 2 * 1024**3  # bytes once unpacked
MOST_PACKED = 200  # times; XML of notices is packed about 10 times
EXPECTED = "Déposez un avis eForms, TED ou BOAMP (XML), ou une archive .zip d'avis."


def import_avis(path: str | Path | BinaryIO, *, nom: str = "", by=None, importation=None) -> ImportReport:
    """Import one file of notices, whole or not at all; FichierRefuse when it is neither a notice nor an archive."""
    name = nom or (Path(path).name if isinstance(path, (str, Path)) else "avis.xml")
    report = ImportReport(name)
    with readable(), transaction.atomic():
        if importation is None:
            importation = Importation.objects.create(format=FORMAT, fichier=name[-200:], par=by)
        upsert = AvisUpsert(importation, report)
        for lecture in lectures(path, report):
            upsert.store(lecture)
        upsert.finish()
        report.check()
        importation.rapport = importation.rapport | report.as_dict()
        importation.terminee_le = timezone.now()
        importation.save(update_fields=["rapport", "terminee_le"])
    return report


@contextmanager
def readable() -> Iterator[None]:
    """Turn what a damaged file raises into `FichierRefuse` that says what to do."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FichierRefuse("L'archive .gz est abîmée\u00a0: téléchargez-la de nouveau, puis recommencez.") from error
    except OSError as error:
        raise FichierRefuse(f"Le fichier ne peut pas être lu\u00a0: {error.strerror or error}.") from error


def read_notice(content: bytes) -> AvisLu:
    """What one XML says; FichierRefuse when it is no notice of a known format."""
    root = xml.parse(content)
    kind = xml.name_of(root)
    if kind in eforms.ROOTS:
        return eforms.read(root)
    if kind == "TED_EXPORT":
        return ted.read(root)
    if kind == "ANNONCE":
        return boamp.read(root)
    raise FichierRefuse(
        f"Ce XML («\u00a0{kind[:60]}\u00a0») n'est ni un avis eForms, ni un avis TED R2.0.9, ni un avis BOAMP. "
        f"{EXPECTED}"
    )


def lectures(path: str | Path | BinaryIO, report: ImportReport) -> Iterator[LectureAvis]:
    """The notices that can be kept; in an archive, a bad file is set aside with its name and the reason."""
    if isinstance(path, (str, Path)):
        with open(path, "rb") as file:
            yield from _of_file(file, report)
    else:
        yield from _of_file(path, report)


def _of_file(file: BinaryIO, report: ImportReport) -> Iterator[LectureAvis]:
    unpacked: Any = open_maybe_gzip(file)
    magic = unpacked.read(len(ZIP_MAGIC))
    unpacked.seek(0)
    if not magic.strip():
        raise FichierRefuse(f"Le fichier est vide. {EXPECTED}")
    if magic == ZIP_MAGIC:
        yield from _of_archive(unpacked, report)
        return
    content = unpacked.read(xml.LARGEST + 1)
    lu = read_notice(content)
    report.read()
    if lu.refus:
        report.set_aside(1, lu.refus, report.source)
    else:
        yield LectureAvis(1, lu)


def _of_archive(file: BinaryIO, report: ImportReport) -> Iterator[LectureAvis]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError) as error:
        raise FichierRefuse("L'archive .zip est abîmée\u00a0: téléchargez-la de nouveau, puis recommencez.") from error
    with archive:
        members = [member for member in archive.infolist() if _is_notice(member)]
        _refuse_bombs(members)
        for rank, member in enumerate(sorted(members, key=lambda member: member.filename), start=1):
            report.read()
            try:
                lu = read_notice(_unpacked(archive, member))
            except FichierRefuse as refusal:
                report.set_aside(rank, str(refusal), member.filename[-100:])
                continue
            if lu.refus:
                report.set_aside(rank, lu.refus, member.filename[-100:])
                continue
            yield LectureAvis(rank, lu)


def _is_notice(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    return not member.is_dir() and name.lower().endswith(".xml") and not name.startswith("__MACOSX/")


def _refuse_bombs(members: list[zipfile.ZipInfo]) -> None:
    if not members:
        raise FichierRefuse(f"L'archive ne contient aucun fichier XML. {EXPECTED}")
    if len(members) > MOST_MEMBERS:
        raise FichierRefuse("L'archive contient plus de 20\u00a0000 fichiers\u00a0: découpez-la, puis recommencez.")
    if sum(member.file_size for member in members) > LARGEST_ARCHIVE:
        raise FichierRefuse("L'archive dépasse 2\u00a0Go une fois ouverte\u00a0: découpez-la, puis recommencez.")
    for member in members:
        if member.file_size > MOST_PACKED * max(member.compress_size, 1_000):
            raise FichierRefuse(
                f"L'archive est anormalement compressée («\u00a0{member.filename[-60:]}\u00a0»)\u00a0: elle est "
                "refusée par prudence."
            )


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Its bytes, never more than a notice may weigh whatever the archive announces."""
    try:
        with archive.open(member) as file:
            return file.read(xml.LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise FichierRefuse("Ce fichier de l'archive est abîmé ou protégé par un mot de passe.") from error
