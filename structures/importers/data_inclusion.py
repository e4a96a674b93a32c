"""data·inclusion v1 structures: a JSON list, plain or gzip. Kinds are read among `reseaux_porteurs`.

A structure of several kinds gives one card per kind. Objects of other trades (town halls, hospitals) are set aside,
and so are those without SIRET, unless they come from us.
"""

import codecs
import json
import re
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from portal.imports import FichierRefuse, open_maybe_gzip
from portal.tables import Row
from structures.data_inclusion import RESEAU_TO_KIND, RESEAUX, SOURCE
from structures.enums import Kind
from structures.importers.common import Context, Format, Reading, day_of, joined
from structures.importers.mots import looks_personal
from structures.upsert import Fiche

LARGEST = 300 * 1024 * 1024  # bytes once unpacked: the list is read in memory
TEXTS = ("id", "source", "nom", "date_maj", "description", "siret", "commune", "code_postal", "code_insee", "adresse",
         "complement_adresse", "longitude", "latitude", "telephone", "courriel", "site_web")  # fmt: skip
OUR_ID = re.compile(rf"{re.escape(SOURCE)}--(?P<number>[^-]*)-(?P<kind>[A-Z]+)(?:-(?P<source>.+))?")
SEVERAL = "reseaux_porteurs"


def looks_like(start: bytes) -> bool:
    """Whether a file that begins so, once unpacked, is JSON."""
    return start.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in {b"[", b"{"}


def records(source: Path | BinaryIO, largest: int = LARGEST) -> Iterator[Row]:
    """Each object as a row of text, one per kind it names; « lines » are ranks in the list, from 1.

    `largest` in bytes once unpacked. FichierRefuse, before the first row, for what is no list of structures v1.
    """
    objects = _objects(_content(source, largest))
    _refuse_other_schemas(objects)
    for rank, each in enumerate(objects, start=1):
        if not isinstance(each, dict):
            yield Row(rank, {"illisible": "oui"})
            continue
        values = {name: _text(each.get(name)) for name in TEXTS}
        several = each.get(SEVERAL)
        named = [value for value in several if isinstance(value, str)] if isinstance(several, list) else []
        ours = OUR_ID.fullmatch(values["id"]) if values["source"] == SOURCE else None
        values["identifiant_source"] = (ours["source"] or "") if ours else ""
        values["ours"] = "oui" if ours else ""
        kinds = [ours["kind"]] if ours else [RESEAU_TO_KIND[value] for value in named if value in RESEAU_TO_KIND]
        values["reseaux"] = " ".join(value for value in named if value in RESEAUX)
        for kind in dict.fromkeys(kinds) or [""]:
            yield Row(rank, values | {"kind": kind, "porteurs": " ".join(named)})


def _content(source: Path | BinaryIO, largest: int) -> bytes:
    with open_maybe_gzip(source) as file:
        try:
            content = file.read(largest + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise FichierRefuse(
                "L'archive .gz est abîmée\u00a0: téléchargez-la de nouveau, puis recommencez."
            ) from error
    if len(content) > largest:
        raise FichierRefuse(
            f"Le fichier dépasse {largest // 1024 // 1024}\u00a0Mo une fois décompressé\u00a0: découpez-le, puis "
            "recommencez."
        )
    return content.removeprefix(codecs.BOM_UTF8)


def _objects(content: bytes) -> list[Any]:
    try:
        objects = json.loads(content)
    except UnicodeDecodeError as error:
        raise FichierRefuse(
            "Ce fichier JSON n'est pas en UTF-8 (sans doute en Latin-1 ou Windows-1252)\u00a0: enregistrez-le en "
            "UTF-8, puis recommencez."
        ) from error
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string"):
            raise FichierRefuse(
                "Ce fichier JSON est incomplet\u00a0: il s'arrête avant la fin. Téléchargez-le de nouveau, puis "
                "recommencez."
            ) from error
        raise FichierRefuse(
            f"Ce fichier n'est pas du JSON lisible (ligne {error.lineno}, caractère {error.colno})\u00a0: "
            "exportez-le de nouveau, puis recommencez."
        ) from error
    except (ValueError, RecursionError) as error:
        raise FichierRefuse("Ce fichier n'est pas du JSON lisible\u00a0: exportez-le de nouveau.") from error
    if isinstance(objects, dict) and "marches" in objects:
        raise FichierRefuse(
            "Ce fichier contient des marchés publics (DECP), pas des structures\u00a0: choisissez la liste des "
            "structures data·inclusion v1."
        )
    if not isinstance(objects, list):
        raise FichierRefuse("Ce fichier JSON n'est pas une liste de structures data·inclusion v1.")
    return objects


def _refuse_other_schemas(objects: list[Any]) -> None:
    """FichierRefuse when not one object has what a structure v1 is known by, with what they seem to be."""
    if not objects:
        raise FichierRefuse("Ce fichier JSON est une liste vide\u00a0: il n'y a rien à importer.")
    named = [each for each in objects if isinstance(each, dict)]
    if any("nom" in each and (SEVERAL in each or each.get("source") == SOURCE) for each in named):
        return
    keys = dict.fromkeys(key for each in named[:100] for key in each)
    if "structure_id" in keys:
        raise FichierRefuse(
            "Ce fichier contient les services de data·inclusion, pas les structures\u00a0: choisissez le fichier des "
            "structures, version 1."
        )
    if {"typologie", "labels_nationaux"} & keys.keys():
        raise FichierRefuse(
            "Ces structures suivent la version 0 de data·inclusion\u00a0: téléchargez le fichier des structures, "
            "version 1."
        )
    read = ", ".join(f"«\u00a0{key[:40]}\u00a0»" for key in list(keys)[:12])
    raise FichierRefuse(
        "Les objets de cette liste ne suivent pas le schéma des structures data·inclusion v1\u00a0: il leur faut au "
        f"moins «\u00a0nom\u00a0» et «\u00a0{SEVERAL}\u00a0». "
        + (f"Champs lus\u00a0: {read}." if read else "Aucun n'a de champ.")
    )


def read(row: Row, context: Context) -> Fiche | None:
    reading = Reading(row, context)
    if reading["illisible"]:
        return reading.set_aside("ce n'est pas un objet JSON")
    kind, nom = reading["kind"], reading["nom"]
    if kind not in Kind.values:
        return reading.set_aside(
            "aucun type de structure inclusive parmi ses réseaux porteurs", reading["porteurs"] or nom
        )
    if not nom:
        return reading.set_aside("structure sans nom", reading["id"])
    siret, valid = reading.siret("siret")
    identifier = reading["identifiant_source"][:40]
    if not siret and not (reading["ours"] and identifier):
        return reading.set_aside("structure sans SIRET", nom)
    published = day_of(reading["date_maj"])
    if published is None:
        return reading.set_aside("date de mise à jour absente ou illisible", reading["date_maj"] or nom)
    courriel = reading.email("courriel")
    if courriel and not reading["ours"] and looks_personal(courriel, nom):
        reading.flag("courriel peut-être nominatif, laissé de côté")  # not repeated in the report
        courriel = ""
    latitude, longitude = reading.coordinate("latitude", 90), reading.coordinate("longitude", 180)
    return reading.fiche(
        cle=f"{siret}|{kind}|{identifier}"[:200],
        kind=kind,
        siret=siret,
        siret_valide=valid,
        identifiant_source=identifier,
        brut={"id": reading["id"], "source": reading["source"]},
        publie_le=date.fromisoformat(published),
        champs={
            "nom": nom[:250],
            "description": row.values["description"].replace("\x00", "").strip(),
            "adresse": joined(reading["adresse"], reading["complement_adresse"]),
            "latitude": latitude if longitude is not None else None,
            "longitude": longitude if latitude is not None else None,
            "telephone": reading["telephone"][:30],
            "courriel": courriel,
            "site": reading.url("site_web"),
            **reading.place(
                reading["commune"], reading.digits("code_postal", 5, "code postal"), code=reading["code_insee"]
            ),
        },
        reseaux=[context.network(value) for value in reading["reseaux"].split()],
    )


def _text(value: Any) -> str:
    if value is None or isinstance(value, (dict, list, bool)):
        return ""
    return str(value).replace("\x00", "")


FORMAT = Format(
    name="data_inclusion",
    libelle="structures data·inclusion v1, en JSON",
    required=(),
    read=read,
    records=records,
    by_siret=True,
)
