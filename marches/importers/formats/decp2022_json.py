"""DECP 2022 in JSON: {"marches": {"marche": […], "contrat-concession": […]}}."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from marches.importers.fichiers import items
from marches.importers.formats.base import Format
from marches.rules import decp

BLOCKS = ("marches.marche.item", "marches.contrat-concession.item")


def recognises(tete: bytes, path: Path) -> bool:
    return _marches(tete) == "start_map"


def seen(tete: bytes) -> str:
    """What a JSON file of no known format holds, in French."""
    event = _marches(tete)
    if event == "start_array":
        return "Ce fichier suit le format DECP de 2019 : « marches » y est une liste."
    if event:
        return "Ce JSON a une clé « marches » qui ne contient aucun marché."
    return "Ce JSON n'a pas de bloc « marches »."


def _marches(tete: bytes) -> str:
    """The ijson event of « marches » at the top of the file, "" without any."""
    if not tete.lstrip().startswith(b"{"):
        return ""
    try:
        for prefix, event, _ in ijson.parse(BytesIO(tete)):
            if prefix == "marches":
                return event
    except (ijson.JSONError, ValueError):
        pass
    return ""


def records(file: BinaryIO) -> Iterator[Any]:
    """Every contract, then every concession."""
    return items(file, *BLOCKS, noticed=b'"contrat-concession"')


FORMAT = Format(cle=decp.FORMAT, nom="DECP 2022 (JSON)", recognises=recognises, records=records, read=decp.read_record)
