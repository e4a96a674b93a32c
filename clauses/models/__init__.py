"""Facilitators, conventions, social clauses, people without a name, hours, shortfalls, reports."""

from clauses.models.bilans import Attestation, Bilan, Cloture, Ecart, PartEcart
from clauses.models.clauses import (
    ClauseSociale,
    HeuresDues,
    Passation,
    Poste,
    Prescripteur,
    RepriseHeures,
    Reunion,
    Tache,
)
from clauses.models.consolidation import Financement, TailleDeclarant
from clauses.models.conventions import Convention, Estimation, ModeleClause, PartieConvention, ServiceConvention
from clauses.models.facilitateurs import DemandeFacilitateur, Facilitateur, Relais
from clauses.models.heures import Declaration, Imputation, LigneHeures
from clauses.models.participants import (
    ActionFormation,
    Affectation,
    CompetenceParticipant,
    ConsultationParticipant,
    Effacement,
    Eligibilite,
    Participant,
    PointSuivi,
    Transfert,
)
from clauses.models.procedures import CalendrierProcedure, EtapeFaite
from clauses.models.statistiques import StatistiquePublique

__all__ = [
    "ActionFormation", "Affectation", "Attestation", "Bilan", "CalendrierProcedure", "ClauseSociale", "Cloture",
    "CompetenceParticipant", "ConsultationParticipant", "Convention", "Declaration", "DemandeFacilitateur", "Ecart",
    "Effacement", "Eligibilite", "Estimation", "EtapeFaite", "Facilitateur", "Financement", "HeuresDues",
    "Imputation", "LigneHeures", "ModeleClause", "PartEcart", "Participant", "PartieConvention", "Passation",
    "PointSuivi", "Poste", "Prescripteur", "Relais", "RepriseHeures", "Reunion", "ServiceConvention",
    "StatistiquePublique", "Tache", "TailleDeclarant", "Transfert",
]  # fmt: skip
