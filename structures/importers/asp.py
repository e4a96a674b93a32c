"""The ASP's list of conventioned structures: one line per (SIRET, measure, département of the convention).

The variant with ROME trades (`ROME`, `ROME 2`… and `SITE WEB`) is the same format with more columns.
"""

import re
from datetime import date

from portal.tables import Row
from structures.enums import Kind
from structures.importers.common import Context, Format, Reading, joined
from structures.upsert import Fiche

KINDS = {Kind.EI, Kind.AI, Kind.ACI, Kind.ETTI, Kind.EITI}
TRADES = ("ROME", *(f"ROME {rank}" for rank in range(2, 10)))


def departement_code(code: str) -> str:
    """« 001 » → 01, « 02A » → 2A, « 59L » and « 59V » (two units of the Nord) → 59, « 971 » → 971; "" otherwise."""
    found = re.fullmatch(r"0?(\d{2}|2[AB])[LV]?|(9[78]\d)", code.strip().upper())
    return (found[1] or found[2]) if found else ""


def read(row: Row, context: Context) -> Fiche | None:
    reading = Reading(row, context)
    kind, nom = reading["MESURE"].upper(), reading["DENOMINATION_SOCIALE"]
    if kind not in KINDS:
        return reading.set_aside("mesure inconnue", reading["MESURE"])
    siret, valid = reading.siret("SIRET")
    if not siret:
        return reading.set_aside("ligne sans SIRET", nom)
    if not nom:
        return reading.set_aside("ligne sans dénomination", siret)
    code = departement_code(reading["CODE_DEPARTEMENT"])
    if not code:
        reading.flag("département de convention inconnu", reading["CODE_DEPARTEMENT"])
    # The seat is that of LIB_COM when the file has it; the metiers variant only has COMMUNE.
    postcode = reading.digits("CODE_POST_COM", 5, "code postal") or reading.digits("CODE_POSTAL", 5, "code postal")
    naf = reading["CODE_NAF2"].upper()
    return reading.fiche(
        cle=f"{siret}|{kind}|{reading['CODE_DEPARTEMENT']}",
        kind=kind,
        siret=siret,
        siret_valide=valid,
        champs={
            "nom": nom[:250],
            "adresse": joined(reading["NUM_RUE"], reading["NOM_RUE"]),
            "site": reading.url("SITE WEB"),
            "naf": naf[:6],
            "departements_convention": [code] if code else [],
            **reading.place(reading["LIB_COM"] or reading["COMMUNE"], postcode),
        },
        activites=context.activities(kind, naf, tuple(reading[column] for column in TRADES)),
    )


FORMAT = Format(
    name="asp",
    libelle="liste ASP des structures conventionnées",
    required=("MESURE", "CODE_DEPARTEMENT", "CODE_POSTAL", "COMMUNE", "CODE_NAF2", "SIRET", "DENOMINATION_SOCIALE"),
    read=read,
    publie_le=date(2019, 7, 1),
)
