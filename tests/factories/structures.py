"""Organisations, structures and what is kept or said about them."""

from datetime import date

from portal.permissions import Role
from structures.enums import Kind, Mode, Sens
from structures.models import (
    Activite,
    Echange,
    Favori,
    GroupeEconomique,
    ListeFavoris,
    Membre,
    MessageEchange,
    Organisation,
    RechercheEnregistree,
    Reseau,
    SourceStructure,
    Structure,
)
from tests.factories.nombres import _n, make_siret
from tests.factories.socle import _record, make_user
from tests.factories.territoires import make_secteur


def make_organisation(**given) -> Organisation:
    n = next(_n)
    usual = {"identifiant": given.get("identifiant") or make_siret(), "denomination": f"Organisation {n}"}
    return Organisation.objects.create(**usual | given)


def make_membre(*, user=None, organisation=None, **given) -> Membre:
    usual = {
        "user": user or make_user(),
        "organisation": organisation or make_organisation(),
        "role": Role.ACHETEUR,
    }
    return Membre.objects.create(**usual | given)


def make_reseau(**given) -> Reseau:
    n = next(_n)
    return Reseau.objects.create(**{"nom": f"Réseau {n}", "slug": f"reseau-{n}"} | given)


def make_groupe_economique(**given) -> GroupeEconomique:
    return GroupeEconomique.objects.create(**{"nom": f"Groupe {next(_n)}"} | given)


def make_structure(*, organisation=None, **given) -> Structure:
    """An EI of a new organisation; `organisation=None` with `identifiant_source` given makes one without SIRET."""
    usual = {"nom": f"Structure {next(_n)}", "kind": Kind.EI, "organisation": organisation}
    if organisation is None and not given.get("identifiant_source"):
        usual["organisation"] = make_organisation()
    return Structure.objects.create(**usual | given)


def make_activite(*, structure=None, secteur=None, **given) -> Activite:
    usual = {
        "structure": structure or make_structure(),
        "secteur": secteur or make_secteur(),
        "mode": Mode.PRESTATION,
    }
    return Activite.objects.create(**usual | given)


def make_source_structure(*, structure=None, **given) -> SourceStructure:
    return SourceStructure.objects.create(**_record("structure", structure or make_structure(), given))


def make_liste_favoris(*, organisation=None, **given) -> ListeFavoris:
    usual = {"organisation": organisation or make_organisation(), "nom": f"Liste {next(_n)}"}
    return ListeFavoris.objects.create(**usual | given)


def make_favori(*, liste=None, structure=None, **given) -> Favori:
    usual = {"liste": liste or make_liste_favoris(), "structure": structure or make_structure()}
    return Favori.objects.create(**usual | given)


def make_echange(*, structure=None, organisation=None, **given) -> Echange:
    """A conversation to erase in 2099, without any message."""
    usual = {
        "structure": structure or make_structure(),
        "organisation": organisation or make_organisation(),
        "sujet": f"Sujet {next(_n)}",
        "a_effacer_le": date(2099, 1, 1),
    }
    return Echange.objects.create(**usual | given)


def make_message_echange(*, echange=None, **given) -> MessageEchange:
    usual = {"echange": echange or make_echange(), "sens": Sens.VERS_STRUCTURE, "texte": "Bonjour"}
    return MessageEchange.objects.create(**usual | given)


def make_recherche_enregistree(*, user=None, **given) -> RechercheEnregistree:
    n = next(_n)
    usual = {"user": user or make_user(), "nom": f"Recherche {n}", "parametres": f"q=metier{n}"}
    return RechercheEnregistree.objects.create(**usual | given)
