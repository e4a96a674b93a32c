"""What pages say of files of contracts and of notices."""

from typing import Any

from structures.enums import TypeIdentifiant
from structures.models import Organisation


def fichiers(choix: dict[str, Any]) -> list[dict[str, Any]]:
    """Each file of a depot that has been read, its buyers named where they are known, its faults by reason."""
    found = list(choix.get("fichiers", ()))
    numbers = {siret for each in found if not each.get("avis") for siret, *_ in each["principaux"]}
    known = Organisation.objects.filter(type_identifiant=TypeIdentifiant.SIRET, identifiant__in=numbers)
    names = dict(known.exclude(denomination="").values_list("identifiant", "denomination"))
    return [
        each
        | {
            "principaux": [_acheteur(each, buyer, names) for buyer in each["principaux"]],
            "a_importer": each["total"] - sum(each["rapport"].get("raisons_ecartees", {}).values()),
            "ecartees": raisons(each["rapport"], "ecarte"),
            "signalees": raisons(each["rapport"], "signale"),
        }
        for each in found
    ]


def _acheteur(fichier: dict[str, Any], buyer: list, names: dict[str, str]) -> tuple[str, str, int]:
    """(identifier, name, records): a notice names its buyers, a contract gives their SIRET, and at times a name."""
    if fichier.get("avis"):
        return "", buyer[0], buyer[1]
    siret, number, *published = buyer
    return siret, names.get(siret) or next(iter(published), ""), number


def raisons(rapport: dict[str, Any], what: str) -> list[tuple[str, int]]:
    """(reason, records), the most frequent first; `what` is « ecarte » or « signale »."""
    return sorted(rapport.get(f"raisons_{what}es", {}).items(), key=lambda pair: (-pair[1], pair[0]))
