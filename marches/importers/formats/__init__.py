"""The official formats of contracts, each known by its content, never by its name.

To add one: a module here with a `Format`, its name in `FORMATS`, its reading in `marches/rules/`, and the same reading
in `marches.upsert.folding.READERS`, so that what was stored can be folded again.
"""

from io import BytesIO
from pathlib import Path

from marches.importers.fichiers import Fichier, GardienJson, refuse_no_text
from marches.importers.formats import decp2019_json, decp2022_json, decp2022_xml, decp_tables
from marches.importers.formats.base import Format
from portal.imports import FichierRefuse

__all__ = ["FORMATS", "Format", "format_of", "reconnaitre"]

FORMATS: tuple[Format, ...] = (
    decp2022_json.FORMAT,
    decp2022_xml.FORMAT,
    decp2019_json.FORMAT,
    decp_tables.ETATS,
    decp_tables.CONSOLIDE,
)


def reconnaitre(path: str | Path | Fichier) -> Format:
    """The format of a file; FichierRefuse, in French, that says what was seen and what is accepted."""
    fichier = path if isinstance(path, Fichier) else Fichier(Path(path))
    tete = fichier.tete()
    if tete.lstrip().startswith((b"{", b"[")):
        GardienJson(BytesIO(tete)).read()  # refuses what would make the readers of JSON slow beyond reason
    for format in FORMATS:
        if format.recognises(tete, fichier.chemin):
            return format
    try:
        refuse_no_text(tete)
    except FichierRefuse as refusal:
        raise FichierRefuse(f"{refusal} {_accepted()}") from None
    raise FichierRefuse(f"{decp_tables.missing(tete, fichier.chemin) or _seen(tete)} {_accepted()}")


def format_of(cle: str) -> Format | None:
    """The format stored under this key."""
    return next((format for format in FORMATS if format.cle == cle), None)


def _accepted() -> str:
    return f"Formats acceptés, compressés ou non (.gz, .zip)\u00a0: {', '.join(format.nom for format in FORMATS)}."


def _seen(tete: bytes) -> str:
    start = tete.lstrip()
    if start.startswith(b"PK\x03\x04"):
        return "Ce fichier est une archive ZIP ou un classeur, dont les colonnes ne sont pas celles d'un format connu."
    if start.startswith(b"<"):
        return "Ce fichier est un XML ou une page HTML d'un format inconnu."
    if start.startswith((b"{", b"[")):
        return decp2022_json.seen(tete)
    return "Ce fichier n'est ni du JSON ni du XML (un tableau CSV, peut-être), et ses colonnes ne sont pas connues."
