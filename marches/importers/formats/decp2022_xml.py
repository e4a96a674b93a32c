"""DECP 2022 in XML: <marches> of <marche> and <contrat-concession>, handed on as the records the JSON would hold.

The same contract in XML and in JSON is one record, down to its fingerprint: both are stored under one key.
Source: schema_decp_v2.0.2.xsd (names and types), schema_decp_v2.0.4.json (shape).
"""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from marches.importers.fichiers import Gardien
from marches.importers.formats.base import Format
from marches.rules import decp
from portal.imports import FichierRefuse

CLE = "decp-2022-xml"
RECORDS = ("{*}marche", "{*}contrat-concession")
# A list → the name of its elements, in the XML and in the JSON.
LISTS = {
    "titulaires": ("titulaire", "titulaire"),
    "concessionnaires": ("concessionnaire", "concessionnaire"),
    "modifications": ("modification", "modification"),
    "actesSousTraitance": ("acteSousTraitance", "acteSousTraitance"),
    "modificationsActesSousTraitance": ("modificationActesSousTraitance", "modificationActeSousTraitance"),
    "donneesExecution": ("donneesAnnuelles", "donneesAnnuelles"),
    "tarifs": ("tarif", "tarif"),
}
WORDS = {"considerationsSociales", "considerationsEnvironnementales", "techniques", "modalitesExecution", "typesPrix"}
NUMBERS = {
    "dureeMois", "offresRecues", "montant", "valeurGlobale", "tauxAvance", "origineUE", "origineFrance",
    "montantSubventionPublique", "depensesInvestissement", "tarif",
}  # fmt: skip
NUMBERED = {"modification", "acteSousTraitance", "modificationActesSousTraitance"}  # whose id is a whole number
BOOLEANS = {"marcheInnovant", "attributionAvance", "sousTraitanceDeclaree"}
OUI_NON = {"oui": True, "non": False, "true": True, "false": False, "1": True, "0": False}
OPTIONS: dict[str, Any] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "dtd_validation": False, "huge_tree": False,
    "remove_comments": True, "remove_pis": True,
}  # fmt: skip
DOCTYPE = "Le fichier XML contient une définition DTD, qu'aucun fichier officiel ne contient\u00a0: il est refusé."


def recognises(tete: bytes, path: Path) -> bool:
    if not tete.lstrip().startswith(b"<"):
        return False
    parser = etree.XMLPullParser(events=("start",), **OPTIONS)
    roots: list[str] = []
    with suppress(etree.XMLSyntaxError):  # the head is cut
        parser.feed(tete)
    with suppress(etree.XMLSyntaxError):
        roots += (_name(root) for _, root in islice(parser.read_events(), 1))
    return roots == ["marches"]


def records(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Every record, in the order of the file; each element is forgotten once handed on."""
    elements = etree.iterparse(Gardien(file, b"<"), events=("end",), tag=RECORDS, **OPTIONS)
    checked = False
    for _, element in elements:
        parent = element.getparent()
        if not checked:
            _refuse_doctype(element)
            checked = True
        if parent is None or parent.getparent() is not None:
            continue  # a deeper element of the same name
        yield _record(element)
        element.clear()
        while element.getprevious() is not None:
            del parent[0]
    if not checked and elements.root is not None:
        _refuse_doctype(elements.root)


def _refuse_doctype(element: Any) -> None:
    if element.getroottree().docinfo.doctype:
        raise FichierRefuse(DOCTYPE)


def _record(element: Any) -> dict[str, Any]:
    """The children of an element by name; of a name given twice, as in JSON, the last."""
    numbered = _name(element) in NUMBERED
    found: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        if name in LISTS:
            inner, outer = LISTS[name]
            found[name] = [{outer: _value(item, inner)} for item in child if _name(item) == inner]
        elif name in WORDS:
            words: dict[str, list[str]] = {}
            for item in child:
                words.setdefault(_name(item), []).append(item.text or "")
            found[name] = words
        elif name == "id" and numbered:
            found[name] = _number(child.text or "")
        elif name:
            found[name] = _value(child, name)
    return found


def _value(element: Any, name: str) -> Any:
    if len(element):
        return _record(element)
    text = element.text or ""
    if name in NUMBERS:
        return _number(text)
    if name in BOOLEANS:
        return OUI_NON.get(text.strip().lower(), text)
    return text


def _number(text: str) -> int | Decimal | str:
    """A number as the reader of JSON gives it; a text that is none stays."""
    words = text.strip()
    try:
        return int(words) if words.lstrip("-").isdigit() else Decimal(words)
    except (InvalidOperation, ValueError):
        return text


def _name(element: Any) -> str:
    """Name without namespace; "" for what is no element (an entity left unread)."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


FORMAT = Format(
    cle=CLE,
    nom="DECP 2022 (XML)",
    recognises=recognises,
    records=records,
    read=decp.read_record,
    conserve=decp.FORMAT,
)
