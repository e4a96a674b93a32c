"""The open data of « les emplois de l'inclusion »: one line per structure, with its position."""

from django.utils.dateparse import parse_datetime

from portal.tables import Row
from structures.enums import Kind
from structures.importers.common import Context, Format, Reading, joined
from structures.upsert import Fiche


def read(row: Row, context: Context) -> Fiche | None:
    reading = Reading(row, context)
    kind, nom = reading["kind"].upper(), reading["name"]
    if kind not in Kind.values:
        return reading.set_aside("type de structure inconnu", reading["kind"])
    siret, valid = reading.siret("siret")
    if not siret:
        return reading.set_aside("ligne sans SIRET", nom)
    if not nom:
        return reading.set_aside("ligne sans nom", siret)
    latitude, longitude = reading.coordinate("latitude", 90), reading.coordinate("longitude", 180)
    naf = reading["naf"].upper()
    return reading.fiche(
        cle=f"{siret}|{kind}",
        kind=kind,
        siret=siret,
        siret_valide=valid,
        publie_le=_day(reading["updated_at"]) or context.publie_le,
        champs={
            "nom": nom[:250],
            "enseigne": reading["brand"][:250],
            "adresse": joined(reading["address_line_1"], reading["address_line_2"]),
            "latitude": latitude if longitude is not None else None,
            "longitude": longitude if latitude is not None else None,
            "site": reading.url("website"),
            "naf": naf[:6],
            **reading.place(
                reading["city"], reading.digits("post_code", 5, "code postal"), reading["department"].upper()
            ),
        },
        activites=context.activities(kind, naf),
    )


def _day(text: str):
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment.date() if moment else None


FORMAT = Format(
    name="emplois",
    libelle="données ouvertes des emplois de l'inclusion",
    required=("kind", "siret", "name", "post_code", "city", "department", "longitude", "latitude", "naf"),
    read=read,
)
