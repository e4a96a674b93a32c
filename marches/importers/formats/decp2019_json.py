"""DECP 2019 in JSON: {"marches": […]}, contracts and concessions together, told apart by `_type`."""

from pathlib import Path

from marches.importers.formats.base import Format
from marches.importers.formats.decp_json import forme_of, records
from marches.rules import decp


def recognises(tete: bytes, path: Path) -> bool:
    forme = forme_of(tete)
    return forme is not None and forme.est_decp and not forme.de_2022


FORMAT = Format(
    cle=decp.FORMAT_2019, nom="DECP 2019 (JSON)", recognises=recognises, records=records, read=decp.read_record_2019
)
