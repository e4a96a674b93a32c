"""Buyers, contracts, lots, holders and groupings."""

from marches.models.achats import AchatRealise, AttestationOeth, FichierAchats
from marches.models.acheteurs import Acheteur, ReferentAcheteur, Site
from marches.models.agendas import Agenda
from marches.models.alliances import Alliance, MembreAlliance
from marches.models.avis import Avis, JetonAvis, PartieARapprocher, SourceAvis
from marches.models.groupements import ChangementGroupement, Groupement, MembreGroupement
from marches.models.lots import ActeSousTraitance, Lot, Modification, Reconduction, SourceLot, SourceVue, Titulaire
from marches.models.marches import DispenseSociale, Marche
from marches.models.questions import Question, ReglageQuestions, SuiviQuestions
from marches.models.sites import SiteLot

__all__ = [
    "AchatRealise", "ActeSousTraitance", "Acheteur", "Agenda", "Alliance", "AttestationOeth", "Avis",
    "ChangementGroupement", "DispenseSociale", "FichierAchats", "Groupement", "JetonAvis", "Lot", "Marche",
    "MembreAlliance", "MembreGroupement", "Modification", "PartieARapprocher", "Question", "Reconduction",
    "ReferentAcheteur", "ReglageQuestions", "Site", "SiteLot", "SourceAvis", "SourceLot", "SourceVue",
    "SuiviQuestions", "Titulaire",
]  # fmt: skip
