"""Essential data in XML: <marches> of <marche> and <contrat-concession>, sent as it is read.

Source: schema_decp_v2.0.2.xsd. Records that the format cannot hold are told by comments, before the end of the file.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any
from xml.sax.saxutils import escape

from marches.exporters.decp_json import AT_ONCE
from marches.exporters.essentielles import lignes
from marches.exporters.lecture import Selection
from marches.rules.conformite import CONCESSION, MARCHE

UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML 1.0 has no place for
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<!-- Données essentielles de la commande publique, arrêtés du 22 décembre 2022. Les enregistrements que ce format "
    "ne peut contenir sont listés en commentaire à la fin du fichier. -->\n<marches>\n"
)
# The schema closes each object: what else was published in JSON has no place here.
CORPS = ("typeIdentifiant", "id")
PARTIES: dict[str, tuple[str, ...]] = {
    "acheteur": ("id",),
    "autoriteConcedante": ("id",),
    "lieuExecution": ("code", "typeCode"),
    "titulaire": CORPS,
    "concessionnaire": CORPS,
    "sousTraitant": CORPS,
    "modification": (
        "id", "titulaires", "dateNotificationModification", "dateSignatureModification",
        "datePublicationDonneesModification", "dureeMois", "montant", "valeurGlobale",
    ),
    "acteSousTraitance": (
        "id", "sousTraitant", "dureeMois", "dateNotification", "montant", "variationPrix", "datePublicationDonnees",
    ),
    "modificationActesSousTraitance": (
        "id", "dureeMois", "dateNotificationModificationSousTraitance", "montant", "datePublicationDonnees",
    ),
    "donneesAnnuelles": ("datePublicationDonneesExecution", "depensesInvestissement", "tarifs"),
    "tarif": ("intituleTarif", "tarif"),
}  # fmt: skip
ABSENTS: tuple[Any, ...] = (None, [])
RENAMED = {"modificationActeSousTraitance": "modificationActesSousTraitance"}  # JSON → XML


def xml_pieces(selection: Selection, on: date) -> Iterator[bytes]:
    """The file, piece by piece; cut short, it is not well formed and cannot pass for whole."""
    yield HEAD.encode()
    left_out = 0
    rows = lignes(selection.lots, on)
    told: list[str] = []
    while piece := list(islice(rows, AT_ONCE)):
        yield "".join(element(row.fiche.donnees, row.concession) for row in piece if not row.ecarte).encode()
        for row in piece:
            if row.ecarte:
                left_out += 1
                told.append(_comment(row.resume()) if left_out <= 10_000 else "")
    if left_out:
        yield f"<!-- Enregistrements écartés\u00a0: {left_out} -->\n".encode()
        yield "".join(told).encode()
    yield b"</marches>\n"


def element(donnees: dict[str, Any], concession: bool) -> str:
    """One record, in the order of the format."""
    name, fields = ("contrat-concession", CONCESSION) if concession else ("marche", MARCHE)
    inner = "".join(_element(field, donnees[field]) for field in fields if donnees.get(field) not in ABSENTS)
    return f"<{name}>{inner}</{name}>\n"


def _element(name: str, value: Any) -> str:
    if isinstance(value, dict):
        keys = PARTIES.get(name, tuple(value))
        inner = "".join(_element(key, value[key]) for key in keys if key in value)
    elif isinstance(value, list):
        # A list of words carries the name of its words; a list of objects, objects that name themselves.
        if value and isinstance(value[0], dict):
            inner = "".join(_element(RENAMED.get(key, key), item) for one in value for key, item in one.items())
        else:
            return "".join(_element(name, item) for item in value)
    else:
        inner = escape(printed(value))
    return f"<{name}>{inner}</{name}>"


def printed(value: Any) -> str:
    """A plain value: true and false, decimals without exponent, text without what XML refuses."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return f"{Decimal(str(value)):f}"
    return UNFIT.sub("", str(value))


def _comment(left_out: dict[str, Any]) -> str:
    text = f"Écarté\u00a0: {left_out['id'] or 'sans identifiant'}, acheteur {left_out['acheteur']}, "
    text += f"{left_out['objet'][:200]}\u00a0: {' ; '.join(left_out['motifs'])}"
    return f"<!-- {re.sub('--+', '-', printed(text)).rstrip('-')} -->\n"
