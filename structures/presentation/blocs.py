"""The blocks of a card: which columns each holds, what they say at one moment, and how that is written in French."""

from collections.abc import Mapping
from typing import Any

from portal import etats
from portal.etats import Difference, plain
from structures.enums import Bloc
from structures.models import Structure

CHAMPS: dict[str, tuple[str, ...]] = {
    Bloc.IDENTITE: (
        "nom", "enseigne", "courriel", "telephone", "site", "adresse", "code_postal", "ville", "annee_creation",
        "convention_debut", "convention_fin", "departements_convention",
    ),
    Bloc.PRESENTATION: ("description", "logo"),
    Bloc.CAPACITE: (
        "capacite", "effectif", "effectif_parcours", "chiffre_affaires", "annee_chiffre_affaires",
        "part_marches_publics", "annee_part", "mois_creux", "role_prefere", "formes_commande_publique",
        "delai_reponse_jours", "siege_qpv", "siege_zrr",
    ),
    Bloc.REFERENCES: (),
    Bloc.ACTIVITES: (),
    Bloc.PHOTOS: (),
}  # fmt: skip
LISTES: dict[str, tuple[str, ...]] = {Bloc.REFERENCES: ("offres", "references", "labels")}
LIBELLES_LISTES = {"offres": "offres", "references": "références", "labels": "labels"}
# What the history of a card tells: the columns of the blocks, and whether the card is shown.
SUIVIS = tuple(name for names in CHAMPS.values() for name in names) + ("publiee",)
MOIS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre")  # fmt: skip


# Months -------------------------------------------------------------------------------------------------------------
def mois_of(masque: int) -> list[int]:
    """Months of a bit mask, 1 to 12; bit 0 is January."""
    return [month for month in range(1, 13) if masque & 1 << (month - 1)]


def masque_of(mois) -> int:
    """The bit mask of these months, 1 to 12."""
    return sum(1 << (month - 1) for month in set(mois))


# What a block says at one moment ------------------------------------------------------------------------------------
def etat(structure: Structure, bloc: str) -> dict[str, Any]:
    """The values of a block, as plain JSON: equal states mean that nobody wrote in between. One query for each list."""
    said = {name: plain(getattr(structure, name)) for name in CHAMPS[bloc]}
    return said | {name: lignes(structure, name) for name in LISTES.get(bloc, ())}


def lignes(structure: Structure, liste: str) -> list[list]:
    """The rows of one of the lists of a card, in their order."""
    columns = {
        "offres": ("nom", "description"),
        "references": ("client", "objet", "annee_debut", "annee_fin"),
        "labels": ("label__code", "valable_jusqu_au"),
    }[liste]
    rows = getattr(structure, liste).order_by("label__ordre", "pk") if liste == "labels" else getattr(structure, liste)
    if liste != "labels":
        rows = rows.order_by("rang", "pk")
    return [[plain(value) for value in row] for row in rows.values_list(*columns)]


def sealed(structure: Structure, bloc: str) -> str:
    """`etat`, for a hidden field: signed, so that it comes back as it left."""
    return etats.sealed(etat(structure, bloc), _salt(structure.pk, bloc))


def unsealed(text: str | None, pk: int, bloc: str) -> dict[str, Any] | None:
    """What `sealed` wrote; None when it is missing or was written for another block."""
    return etats.unsealed(text, _salt(pk, bloc))


def _salt(pk: int, bloc: str) -> str:
    return f"structures.bloc.{bloc}.{pk}"


# In words -----------------------------------------------------------------------------------------------------------
def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What differs between two states of the same block, in words."""
    return [
        Difference(name, libelle(name), en_mots(name, before.get(name)), en_mots(name, after.get(name)))
        for name in after
        if before.get(name) != after.get(name)
    ]


def libelle(name: str) -> str:
    if name in LIBELLES_LISTES:
        return LIBELLES_LISTES[name]
    return str(Structure._meta.get_field(name).verbose_name)


def en_mots(name: str, value: Any) -> str:
    """A value as French readers expect it; « vide » when there is none."""
    if name in LIBELLES_LISTES:
        return etats.cut("\u00a0; ".join(str(row[0]) for row in value or []))
    if name == "mois_creux":
        return ", ".join(MOIS[month - 1] for month in mois_of(int(value or 0))) or "vide"
    if name == "logo":
        return "une image" if value else "vide"
    return etats.en_mots(Structure, name, value)
