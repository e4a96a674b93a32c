"""Buyers, contracts, lots, holders and groupings."""

from marches.models.achats import AchatRealise, AttestationOeth, FichierAchats
from marches.models.acheteurs import Acheteur
from marches.models.alliances import Alliance, MembreAlliance
from marches.models.groupements import Groupement, MembreGroupement
from marches.models.lots import ActeSousTraitance, Lot, Modification, SourceLot, Titulaire
from marches.models.marches import Marche

__all__ = [
    "AchatRealise", "ActeSousTraitance", "Acheteur", "Alliance", "AttestationOeth", "FichierAchats", "Groupement",
    "Lot", "Marche", "MembreAlliance", "MembreGroupement", "Modification", "SourceLot", "Titulaire",
]  # fmt: skip
