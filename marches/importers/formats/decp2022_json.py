"""DECP 2022 in JSON: {"marches": {"marche": […], "contrat-concession": […]}}, and the shapes that stray from it."""

from pathlib import Path

from marches.importers.formats.base import Format
from marches.importers.formats.decp_json import forme_of, records
from marches.rules import decp


def recognises(tete: bytes, path: Path) -> bool:
    forme = forme_of(tete)
    return forme is not None and forme.est_decp and forme.de_2022


def seen(tete: bytes) -> str:
    """What a JSON file of no known format holds, in French."""
    if b'"marches"' in tete:
        return "Ce JSON a une clé «\u00a0marches\u00a0» qui ne contient aucun marché."
    return "Ce JSON n'a pas de bloc «\u00a0marches\u00a0»."


FORMAT = Format(cle=decp.FORMAT, nom="DECP 2022 (JSON)", recognises=recognises, records=records, read=decp.read_record)
