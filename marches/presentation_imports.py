"""What pages say of files of contracts."""

from typing import Any

from structures.enums import TypeIdentifiant
from structures.models import Organisation


def fichiers(choix: dict[str, Any]) -> list[dict[str, Any]]:
    """Each file of a depot that has been read, its buyers named where they are known, its faults by reason."""
    found = list(choix.get("fichiers", ()))
    numbers = {siret for each in found for siret, _ in each["principaux"]}
    known = Organisation.objects.filter(type_identifiant=TypeIdentifiant.SIRET, identifiant__in=numbers)
    names = dict(known.exclude(denomination="").values_list("identifiant", "denomination"))
    return [
        each
        | {
            "principaux": [(siret, names.get(siret, ""), number) for siret, number in each["principaux"]],
            "a_importer": each["total"] - sum(each["rapport"].get("raisons_ecartees", {}).values()),
            "ecartees": raisons(each["rapport"], "ecarte"),
            "signalees": raisons(each["rapport"], "signale"),
        }
        for each in found
    ]


def raisons(rapport: dict[str, Any], what: str) -> list[tuple[str, int]]:
    """(reason, records), the most frequent first; `what` is « ecarte » or « signale »."""
    return sorted(rapport.get(f"raisons_{what}es", {}).items(), key=lambda pair: (-pair[1], pair[0]))
