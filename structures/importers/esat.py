"""The FINESS list of ESAT: one line per site, known by its FINESS number since many share a SIRET or have none."""

import re

from portal.tables import Row
from structures.enums import Kind
from structures.importers.common import Context, Format, Reading, joined
from structures.importers.mots import looks_personal
from structures.upsert import Fiche

COURRIELS = {"EJ-Email", "ET-Email"}  # some name people: only the one that is shown is kept
# A house's: « esatquimper@… », « catdelege@… » (ESAT were CAT), « accueiliris@… ». Not « catherine@… ».
OF_A_HOUSE = re.compile(r"(?:^|[^a-z])cat(?!h)|esat|^(?:accueil|contact|secretariat|direction|siege|a?d?apei|atelier)")


def read(row: Row, context: Context) -> Fiche | None:
    reading = Reading(row, context)
    nom = reading["ET-Raison sociale"]
    finess = reading.digits("ET-N°FINESS", 9, "FINESS")
    if len(finess) != 9:
        return reading.set_aside("numéro FINESS absent ou illisible", reading["ET-N°FINESS"] or nom)
    if not nom:
        return reading.set_aside("ligne sans raison sociale", finess)
    siret, valid = reading.siret("ET-SIRET")
    courriel = reading.email("ET-Email")
    local = courriel.partition("@")[0].lower()
    if courriel and not OF_A_HOUSE.search(local) and looks_personal(courriel, nom, reading["EJ-Raison sociale"]):
        reading.flag("courriel peut-être nominatif, laissé de côté")  # not repeated in the report
        courriel = ""
    departement = reading["ET-Département Code"].upper()
    return reading.fiche(
        cle=finess,
        kind=Kind.ESAT.value,
        siret=siret,
        siret_valide=valid,
        identifiant_source=finess,
        brut={column: cell for column, cell in row.values.items() if column not in COURRIELS},
        champs={
            "nom": nom[:250],
            "denomination": reading["EJ-Raison sociale"][:250],
            "adresse": joined(reading["ET-Adresse"]),
            "telephone": reading["ET-Téléphone 1"][:30],
            "courriel": courriel,
            "capacite": reading.whole("Capacité autorisée agrégée") or None,
            **reading.place(
                reading["ET-Commune Libellé"],
                reading.digits("ET-Code Postal", 5, "code postal"),
                departement.zfill(2) if departement else "",
                reading.digits("ET-Commune Code", 5, "code commune"),
            ),
        },
    )


FORMAT = Format(
    name="esat",
    libelle="répertoire FINESS des ESAT",
    required=(
        "ET-N°FINESS",
        "ET-Raison sociale",
        "ET-Code Postal",
        "ET-SIRET",
        "ET-Commune Code",
        "ET-Commune Libellé",
    ),
    read=read,
)
