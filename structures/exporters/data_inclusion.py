"""The directory as data·inclusion v1 structures (`structure_v1.0.10.json`).

The format has one object per structure and says its kind among `reseaux_porteurs`. Our `id` carries the whole identity
(« portail-achats-responsables--12345678900011-EI-FINESS »), so that what goes out comes back on the same card.
"""

import json
import logging
import re
from collections.abc import Iterator
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet

from structures.data_inclusion import KIND_TO_RESEAU, SOURCE, reseau_porteur
from structures.exporters.cellules import address
from structures.exporters.lecture import Names, pieces
from structures.models import Structure

logger = logging.getLogger(__name__)

COLUMNS = (
    "pk", "kind", "identifiant_source", "nom", "nom_tri", "description", "adresse", "code_postal", "ville",
    "commune_id", "latitude", "longitude", "courriel", "telephone", "site", "modifiee_le",
    "organisation__type_identifiant", "organisation__identifiant",
)  # fmt: skip
LONGEST_NAME, SHORTEST_NAME, LONGEST_DESCRIPTION, SHORTEST_DESCRIPTION = 150, 3, 10_000, 5
FIVE_DIGITS, INSEE, SIRET = (re.compile(form) for form in (r"[0-9]{5}", r"[0-9][0-9AB][0-9]{3}", r"[0-9]{14}"))
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def json_pieces(queryset: QuerySet[Structure], *, contact: bool, base: str) -> Iterator[bytes]:
    """The JSON list of these structures, piece by piece; cut short, it is no valid JSON and cannot pass for whole."""
    names = Names.read()
    yield b"["
    separator = "\n"
    try:
        for piece in pieces(queryset, COLUMNS, names, links=False):
            objects = []
            for row in piece.rows:
                networks = [names.reseaux[key] for key in piece.reseaux.get(row[0], ())]
                objects.append(json.dumps(structure(row, networks, contact=contact, base=base), ensure_ascii=False))
            yield (separator + ",\n".join(objects)).encode()
            separator = ",\n"
    except Exception:
        logger.exception("Export data·inclusion interrompu")
        raise
    yield b"\n]\n"


def structure(row: tuple, networks: list[tuple[str, str]], *, contact: bool, base: str) -> dict:
    """One object of the format, from `COLUMNS` and the (name, slug) of its networks; unknown facts are null."""
    (
        pk, kind, identifiant_source, nom, nom_tri, description, adresse, code_postal, ville, commune, latitude,
        longitude, courriel, telephone, site, modifiee_le, type_identifiant, identifiant,
    ) = row  # fmt: skip
    siret = identifiant if type_identifiant == "SIRET" and SIRET.fullmatch(identifiant or "") else None
    number = siret or (f"{type_identifiant}_{identifiant}".replace("-", "_") if identifiant else "")
    porteurs = dict.fromkeys(filter(None, [KIND_TO_RESEAU.get(kind), *(reseau_porteur(*each) for each in networks)]))
    return {
        "source": SOURCE,
        "id": f"{SOURCE}--{number}-{kind}-{identifiant_source}".rstrip("-"),
        "nom": name_of(nom, kind),
        "date_maj": modifiee_le.date().isoformat(),
        "description": _description(description),
        "lien_source": base + quote(address(pk, nom_tri)),
        "siret": siret,
        "commune": ville or None,
        "code_postal": code_postal if FIVE_DIGITS.fullmatch(code_postal or "") else None,
        "code_insee": commune if INSEE.fullmatch(commune or "") else None,
        "adresse": _clean(adresse) or None,
        "complement_adresse": None,
        "longitude": longitude,
        "latitude": latitude,
        "telephone": (_clean(telephone) or None) if contact else None,
        "courriel": _email(courriel) if contact else None,
        "site_web": quote(site, safe=":/?#[]@!$&'()*+,;=%~") if site else None,
        "horaires_accueil": None,
        "accessibilite_lieu": None,
        "reseaux_porteurs": list(porteurs) or None,
    }


def name_of(nom: str, kind: str) -> str:
    """A name of 3 to 150 characters that does not end with a full stop."""
    cut = _clean(nom)[:LONGEST_NAME].rstrip(" .")
    return cut if len(cut) >= SHORTEST_NAME else f"{cut} ({kind})".strip()


def _description(text: str) -> str | None:
    cut = CONTROL.sub("", text or "").strip()[:LONGEST_DESCRIPTION]
    return cut if len(cut) >= SHORTEST_DESCRIPTION else None


def _email(text: str) -> str | None:
    if not text:
        return None
    try:
        validate_email(text)
    except ValidationError:
        return None
    return text


def _clean(text: str) -> str:
    return " ".join(CONTROL.sub("", text or "").split())
