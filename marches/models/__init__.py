"""Buyers, contracts, lots, holders and groupings."""

from marches.models.acheteurs import Acheteur
from marches.models.groupements import Groupement, MembreGroupement
from marches.models.lots import ActeSousTraitance, Lot, Modification, SourceLot, Titulaire
from marches.models.marches import Marche

__all__ = [
    "ActeSousTraitance", "Acheteur", "Groupement", "Lot", "Marche", "MembreGroupement", "Modification", "SourceLot",
    "Titulaire",
]  # fmt: skip
