"""How one row of a flat table of essential data reads, its columns already under their official names.

Sources: schéma tabulaire des données essentielles (decp-table-schema 2.0.0), one row for each state of a contract and
each holder; consolidated table of data.economie.gouv.fr, with columns for a modification and a subcontract. Extracts
keep some of these columns: what has no column is not known, and is not told row by row.
"""

import hashlib
import re
from typing import Any

from marches.rules.decp.lecture import NATURES_CONNUES, read_fields
from marches.rules.decp.types import Enregistrement
from portal.siret import is_siret

FORMAT_TABLEAU, FORMAT_CONSOLIDE = "decp-tableau", "decp-consolide"
ILLISIBLE = "ligne_illisible"  # the key of a row that could not be cut into cells; its value is the reason
ABSENT = frozenset(["", "cdl", "mq", "nan", "none", "null", "<na>"])  # CDL: not concerned, MQ: missing
INEXACT = "INX "  # what the consolidation found wrong, kept behind this mark
TITULAIRE = ("id", "typeIdentifiant", "denominationSociale")
RANGS = ("", "_1", "_2", "_3")  # one holder a row, or three in the consolidated table
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")

# Column → key of the record of 2022 it stands for.
CHAMPS = (
    "id", "objet", "nature", "codeCPV", "procedure", "dureeMois", "dateNotification", "datePublicationDonnees",
    "montant", "formePrix", "offresRecues", "ccag", "sousTraitanceDeclaree", "typeGroupementOperateurs",
    "idAccordCadre", "lieuExecution.code", "lieuExecution.typeCode",
)  # fmt: skip
LISTES = {"considerationsSociales": "considerationSociale", "techniques": "technique"}
MODIFICATION = {
    "idModification": "id",
    "objetModification": "objetModification",
    "montantModification": "montant",
    "dureeMoisModification": "dureeMois",
    "dateNotificationModificationModification": "dateNotificationModification",
    "datePublicationDonneesModificationModification": "datePublicationDonneesModification",
}
ACTE = {
    "idActeSousTraitance": "id",
    "dureeMoisActeSousTraitance": "dureeMois",
    "dateNotificationActeSousTraitance": "dateNotification",
    "datePublicationDonneesActeSousTraitance": "datePublicationDonnees",
    "montantActeSousTraitance": "montant",
    "variationPrixActeSousTraitance": "variationPrix",
}
MODIFICATION_ACTE = {
    "idModificationActeSousTraitance": "id",
    "dureeMoisModificationActeSousTraitance": "dureeMois",
    "dateNotificationModificationSousTraitanceModificationActeSousTraitance": (
        "dateNotificationModificationSousTraitance"
    ),
    "montantModificationActeSousTraitance": "montant",
    "datePublicationDonneesModificationActeSousTraitance": "datePublicationDonnees",
}
COLONNES = (
    *CHAMPS, *LISTES, *MODIFICATION, *ACTE, *MODIFICATION_ACTE, "uid", "acheteur_id", "acheteur_nom",
    "idSousTraitant", "typeIdentifiantSousTraitant", "idTitulaireModification", "typeIdentifiantTitulaireModification",
    *(f"titulaire_{part}{rank}" for part in TITULAIRE for rank in RANGS),
)  # fmt: skip
_OF_A_STATE = frozenset(name for name in COLONNES if not name.startswith("titulaire_")) - {"acheteur_nom", "uid"}


def read_row(raw: Any) -> Enregistrement:
    """A row that tells a state of a contract on a day and one of its holders, as typed values; never raises."""
    lu = _read(raw)
    lu.instantane = True
    return lu


def read_row_consolide(raw: Any) -> Enregistrement:
    """A row of the consolidated table: a contract with at most one modification and one subcontract; never raises."""
    return _read(raw)


def _read(raw: Any) -> Enregistrement:
    if not isinstance(raw, dict) or ILLISIBLE in raw:
        reason = str(raw[ILLISIBLE]) if isinstance(raw, dict) else "la ligne n'est pas un objet"
        return Enregistrement(refus=reason)
    cells, inexact = _cells(raw)
    buyer, uid = cells.get("acheteur_id", ""), cells.get("uid", "")
    if not buyer and is_siret(uid[:14]):  # « uid » is the SIRET of the buyer, then the id
        buyer = uid[:14]
    if buyer and uid.startswith(buyer):
        cells.setdefault("id", uid.removeprefix(buyer))
    record: dict[str, Any] = {key: cells[key] for key in CHAMPS if key in cells}
    record["acheteur"] = {"id": buyer, "nom": cells.get("acheteur_nom", "")}
    record |= {key: {inner: _listed(cells[key])} for key, inner in LISTES.items() if key in cells}
    if "nature" not in raw:
        record["nature"] = "Marché"
    record["titulaires"] = [holder for rank in RANGS if (holder := _holder(cells, rank))]
    record |= _parts(cells)
    lu = read_fields(record, NATURES_CONNUES, sans_objet=True)
    if not lu.refus:
        unsaid = {"objet absent": "objet", "aucun titulaire": "titulaire", "identifiant du marché absent": "id"}
        lu.problemes = [
            problem
            for problem in lu.problemes
            if problem[0] not in unsaid or any(key.startswith(unsaid[problem[0]]) for key in raw)
        ]
        lu.problemes += [(f"valeur jugée inexacte par la consolidation ({key})", cells[key][:100]) for key in inexact]
    told = sorted((key, cells[key]) for key in cells.keys() & _OF_A_STATE)
    lu.etat = hashlib.sha256(repr(told).encode()).hexdigest()
    return lu


def _cells(raw: dict) -> tuple[dict[str, str], list[str]]:
    """The cells that say something, and the names of those marked as wrong."""
    cells, inexact = {}, []
    for key, value in raw.items():
        text = str(value).strip()
        if text.startswith(INEXACT):
            text = text.removeprefix(INEXACT).strip()
            inexact.append(key)
        if text.lower() not in ABSENT:
            cells[key] = text
    return cells, [key for key in inexact if key in cells]


def _holder(cells: dict[str, str], rank: str) -> dict[str, str]:
    found = {part: cells[f"titulaire_{part}{rank}"] for part in TITULAIRE if f"titulaire_{part}{rank}" in cells}
    return found if found.keys() & {"id", "denominationSociale"} else {}


def _parts(cells: dict[str, str]) -> dict[str, Any]:
    """The modification, the subcontract and its own modification that a row carries."""
    found: dict[str, Any] = {}
    if modification := _renamed(cells, MODIFICATION):
        if "idTitulaireModification" in cells:
            kind = cells.get("typeIdentifiantTitulaireModification", "")
            modification["titulaires"] = [{"id": cells["idTitulaireModification"], "typeIdentifiant": kind}]
        found["modifications"] = [modification]
    if acte := _renamed(cells, ACTE):
        kind = cells.get("typeIdentifiantSousTraitant", "")
        acte["sousTraitant"] = {"id": cells.get("idSousTraitant", ""), "typeIdentifiant": kind}
        found["actesSousTraitance"] = [acte]
    if change := _renamed(cells, MODIFICATION_ACTE):
        found["modificationsActesSousTraitance"] = [change]
    return found


def _renamed(cells: dict[str, str], names: dict[str, str]) -> dict[str, Any]:
    return {name: cells[column] for column, name in names.items() if column in cells}


def _listed(cell: str) -> list[str]:
    """« ['Clause sociale', "Critère d'insertion"] » as its elements; a cell without brackets is one text."""
    if not (cell.startswith("[") and cell.endswith("]")):
        return [cell]
    return [single or double for single, double in _QUOTED.findall(cell)]
