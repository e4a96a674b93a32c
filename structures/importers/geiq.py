"""The federation's list of GEIQ: one line per group, its seat only."""

from datetime import date

from portal.tables import Row
from structures.enums import Kind
from structures.importers.common import Context, Format, Reading, joined
from structures.upsert import Fiche


def read(row: Row, context: Context) -> Fiche | None:
    reading = Reading(row, context)
    nom = reading["GEIQ"]
    siret, valid = reading.siret("SIRET")
    if not siret:
        return reading.set_aside("ligne sans SIRET", nom)
    if not nom:
        return reading.set_aside("ligne sans nom", siret)
    naf = reading["NAF"].upper()
    return reading.fiche(
        cle=siret,
        kind=Kind.GEIQ.value,
        siret=siret,
        siret_valide=valid,
        champs={
            "nom": nom[:250],
            "adresse": joined(reading["ADRESSE"], reading["COMPLEMENT ADRESSE"]),
            "naf": naf[:6],
            **reading.place(reading["VILLE"], reading.digits("CODE POSTAL", 5, "code postal")),
        },
        activites=context.activities(Kind.GEIQ, naf),
    )


FORMAT = Format(
    name="geiq",
    libelle="liste de la fédération des GEIQ",
    required=("GEIQ", "ADRESSE", "VILLE", "CODE POSTAL", "NAF", "SIRET"),
    read=read,
    publie_le=date(2019, 11, 1),
)
