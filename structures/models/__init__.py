"""Territories, sectors, organisations and structures."""

from structures.models.organisations import Membre, Organisation, Reseau
from structures.models.secteurs import Secteur
from structures.models.structures import Activite, GroupeEconomique, SourceStructure, Structure
from structures.models.territoires import CodePostal, Commune, Departement, Epci, Region
from structures.models.zones import Zone, ZoneLieu

__all__ = [
    "Activite", "CodePostal", "Commune", "Departement", "Epci", "GroupeEconomique", "Membre", "Organisation",
    "Region", "Reseau", "Secteur", "SourceStructure", "Structure", "Zone", "ZoneLieu",
]  # fmt: skip
