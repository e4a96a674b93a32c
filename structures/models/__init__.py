"""Territories, sectors, organisations and structures."""

from structures.models.adhesions import Adhesion
from structures.models.exports import LigneExport
from structures.models.fiche import Label, LabelObtenu, Offre, PhotoStructure, ReferenceClient
from structures.models.liens import CoEntreprise, Fondateur
from structures.models.organisations import Membre, Organisation, Reseau
from structures.models.secteurs import Secteur
from structures.models.structures import Activite, GroupeEconomique, SourceStructure, Structure
from structures.models.territoires import CodePostal, Commune, Departement, Epci, Region
from structures.models.usages import (
    Echange,
    Favori,
    Invitation,
    ListeFavoris,
    MessageEchange,
    RechercheEnregistree,
    Revendication,
)
from structures.models.zones import Zone, ZoneLieu

__all__ = [
    "Activite", "Adhesion", "CoEntreprise", "CodePostal", "Commune", "Departement", "Echange", "Epci", "Favori",
    "Fondateur",
    "GroupeEconomique", "Invitation", "Label", "LabelObtenu", "LigneExport", "ListeFavoris", "Membre",
    "MessageEchange", "Offre", "Organisation", "PhotoStructure", "RechercheEnregistree", "ReferenceClient", "Region",
    "Reseau", "Revendication", "Secteur", "SourceStructure", "Structure", "Zone", "ZoneLieu",
]  # fmt: skip
