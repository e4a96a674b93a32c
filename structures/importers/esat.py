"""The FINESS list of ESAT: one line per site, known by its FINESS number since many share a SIRET or have none."""

from portal.tables import Row
from structures.enums import Kind
from structures.importers.common import Context, Format, Reading, joined
from structures.upsert import Fiche


def read(row: Row, context: Context) -> Fiche | None:
    reading = Reading(row, context)
    nom = reading["ET-Raison sociale"]
    finess = reading.digits("ET-N°FINESS", 9, "FINESS")
    if len(finess) != 9:
        return reading.set_aside("numéro FINESS absent ou illisible", reading["ET-N°FINESS"] or nom)
    if not nom:
        return reading.set_aside("ligne sans raison sociale", finess)
    siret, valid = reading.siret("ET-SIRET")
    departement = reading["ET-Département Code"].upper()
    return reading.fiche(
        cle=finess,
        kind=Kind.ESAT.value,
        siret=siret,
        siret_valide=valid,
        identifiant_source=finess,
        champs={
            "nom": nom[:250],
            "denomination": reading["EJ-Raison sociale"][:250],
            "adresse": joined(reading["ET-Adresse"]),
            "telephone": reading["ET-Téléphone 1"][:30],
            "courriel": reading.email("ET-Email"),
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
