"""What an importer hands over, and the columns that files decide."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Model

from structures.enums import Origine

BATCH = 500
# Among records of the same day, the later of these wins.
PRECEDENCE = ("geiq", "asp", "emplois", "esat", "ea", "data_inclusion", "tableau")
SOURCES = {
    "asp": "Liste ASP des structures conventionnées",
    "emplois": "Données ouvertes des emplois de l'inclusion",
    "esat": "Répertoire FINESS des ESAT",
    "geiq": "Liste de la fédération des GEIQ",
    "ea": "Liste des entreprises adaptées",
    "data_inclusion": "data·inclusion",
    "tableau": "Tableau d'un réseau ou de l'administration",
}
# These files state activities themselves; from the others, they are deduced from a code of trade.
STATED = frozenset({"tableau", "ea", "data_inclusion"})
FROM_FILES = frozenset({Origine.DEDUITE.value, Origine.IMPORTEE.value})
TYPED = "saisie"  # `Organisation.source_denomination` of a name that a person wrote: imports leave it alone

PLACE = ("adresse", "code_postal", "ville", "commune_id", "departement_id", "latitude", "longitude")
PLAIN = ("nom", "enseigne", "description", "courriel", "telephone", "site", "capacite", "effectif",
         "convention_debut", "convention_fin")  # fmt: skip
DATES = ("convention_debut", "convention_fin")
WRITTEN = ("nom", "nom_tri", "enseigne", "description", "courriel", "telephone", "site", "capacite", "effectif",
           "convention_debut", "convention_fin", "adresse", "code_postal", "ville", "commune", "departement",
           "latitude", "longitude", "departements_convention", "source", "donnees_du", "modifiee_le")  # fmt: skip


@dataclass
class Fiche:
    """One line of a file, understood: who (`siret`, `kind`, `identifiant_source`) and what (`champs`).

    `champs` holds fields of `Structure` (`PLAIN`, `PLACE` and `departements_convention`, a list) and `naf`,
    `denomination`; `activites` pairs of sector code and mode; `zone` the places (niveau, code) where all of them are
    done, `rayon` a circle beside them (commune code, km); `reseaux` slugs of networks that the line puts the structure
    in; `brut` the line as it was.
    """

    ligne: int
    cle: str
    kind: str
    siret: str = ""
    siret_valide: bool = True
    identifiant_source: str = ""
    champs: dict[str, Any] = field(default_factory=dict)
    activites: list[tuple[str, str]] = field(default_factory=list)
    brut: dict[str, str] = field(default_factory=dict)
    publie_le: date | None = None
    signalements: list[tuple[str, str]] = field(default_factory=list)
    zone: list[tuple[str, str]] = field(default_factory=list)
    rayon: tuple[str, int] | None = None
    reseaux: list[str] = field(default_factory=list)

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.siret, self.kind, self.identifiant_source

    @property
    def donnees(self) -> dict[str, Any]:
        champs = {name: value for name, value in self.champs.items() if value not in ("", None, [])}
        said = {
            "champs": champs,
            "activites": sorted([list(pair) for pair in self.activites]),
            "siret_valide": self.siret_valide,
            "brut": {name: value for name, value in self.brut.items() if value},
        }
        if self.zone:
            said["zone"] = sorted([list(place) for place in self.zone])
        if self.rayon:
            said["rayon"] = list(self.rayon)
        if self.reseaux:
            said["reseaux"] = sorted(set(self.reseaux))
        return said

    @property
    def empreinte(self) -> str:
        written = json.dumps(self.donnees, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()


# Tools --------------------------------------------------------------------------------------------------------------
def rewrite(model: type[Model], rows: list, columns: Sequence[str]) -> None:
    """Write `columns` of whole rows already in the table: an insert that meets its own key, ten times faster than
    `bulk_update`."""
    model._base_manager.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["pk"], update_fields=columns
    )


def chunks(values: Sequence[Any], size: int = BATCH) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
