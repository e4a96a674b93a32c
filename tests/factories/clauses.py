"""Clauses, people and hours."""

from datetime import date
from decimal import Decimal

from clauses.enums import (
    Competence,
    Critere,
    Etat,
    Modalite,
    OrigineHeures,
    SourceFinancement,
    TailleEntreprise,
    TypeClause,
    TypeContrat,
)
from clauses.models import (
    Affectation,
    CalendrierProcedure,
    ClauseSociale,
    CompetenceParticipant,
    Declaration,
    Eligibilite,
    EtapeFaite,
    Facilitateur,
    Financement,
    HeuresDues,
    Imputation,
    LigneHeures,
    Participant,
    TailleDeclarant,
)
from tests.factories.marches import make_lot, make_marche
from tests.factories.nombres import _n
from tests.factories.structures import make_organisation


def make_facilitateur(*, organisation=None, **given) -> Facilitateur:
    usual = {"organisation": organisation or make_organisation(), "prefixe": f"F{next(_n) % 100_000:05d}"}
    return Facilitateur.objects.create(**usual | given)


def make_clause(*, lot=None, **given) -> ClauseSociale:
    """A clause of the year 2026, with no hour due: `make_heures_dues` adds some."""
    usual = {
        "lot": lot or make_lot(),
        "type": TypeClause.CONDITION,
        "date_debut": date(2026, 1, 1),
        "date_fin": date(2026, 12, 31),
    }
    return ClauseSociale.objects.create(**usual | given)


def make_heures_dues(*, clause=None, **given) -> HeuresDues:
    clause = clause or make_clause()
    usual = {
        "clause": clause,
        "origine": OrigineHeures.INITIAL,
        "date_effet": clause.date_debut,
        "heures": Decimal(1000),
    }
    return HeuresDues.objects.create(**usual | given)


def make_participant(*, facilitateur=None, **given) -> Participant:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(),
        "code": f"P{next(_n):06d}",
        "annee_naissance": 1990,
        "entree_le": date(2026, 1, 5),
    }
    return Participant.objects.create(**usual | given)


def make_competence_participant(*, participant=None, **given) -> CompetenceParticipant:
    usual = {"participant": participant or make_participant(), "competence": Competence.values[0]}
    return CompetenceParticipant.objects.create(**usual | given)


def make_taille_declarant(*, organisation=None, **given) -> TailleDeclarant:
    usual = {"organisation": organisation or make_organisation(), "taille": TailleEntreprise.values[0]}
    return TailleDeclarant.objects.create(**usual | given)


def make_financement(*, facilitateur=None, **given) -> Financement:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(), "annee": 2026, "source": SourceFinancement.values[0],
        "montant": Decimal(1_000),
    }  # fmt: skip
    return Financement.objects.create(**usual | given)


def make_eligibilite(*, participant=None, **given) -> Eligibilite:
    usual = {
        "participant": participant or make_participant(),
        "critere": Critere.DELD,
        "justificatif_vu_le": date(2026, 1, 5),
        "valable_du": date(2026, 1, 5),
        "valable_au": date(2028, 1, 4),
    }
    return Eligibilite.objects.create(**usual | given)


def make_affectation(*, participant=None, employeur=None, **given) -> Affectation:
    usual = {
        "participant": participant or make_participant(),
        "employeur": employeur or make_organisation(),
        "modalite": Modalite.EMBAUCHE,
        "contrat": TypeContrat.CDD,
        "date_debut": date(2026, 1, 5),
    }
    return Affectation.objects.create(**usual | given)


def make_declaration(*, clause=None, organisation=None, **given) -> Declaration:
    usual = {
        "clause": clause or make_clause(),
        "organisation": organisation or make_organisation(),
        "mois": date(2026, 3, 1),
    }
    return Declaration.objects.create(**usual | given)


def make_ligne_heures(*, affectation=None, **given) -> LigneHeures:
    affectation = affectation or make_affectation()
    usual = {
        "affectation": affectation,
        "employeur": affectation.employeur,
        "du": date(2026, 3, 1),
        "au": date(2026, 3, 31),
        "heures_travail": Decimal(100),
        "modalite": affectation.modalite,
        "sexe": affectation.participant.sexe,
    }
    return LigneHeures.objects.create(**usual | given)


def make_imputation(*, ligne=None, clause=None, declaration=None, **given) -> Imputation:
    """Hours of March 2026, as a draft; the line, the clause and the month agree with each other when left out."""
    clause = clause or (declaration.clause if declaration else make_clause())
    ligne = ligne or make_ligne_heures()
    if declaration is None:
        employeur = ligne.affectation.employeur if ligne.affectation else make_organisation()
        declaration, _ = Declaration.objects.get_or_create(
            clause=clause, organisation=employeur, mois=ligne.du.replace(day=1)
        )
    usual = {
        "ligne": ligne,
        "clause": clause,
        "declaration": declaration,
        "heures": ligne.heures_travail + ligne.heures_formation,
        "etat": Etat.BROUILLON,
    }
    return Imputation.objects.create(**usual | given)


def make_calendrier_procedure(*, marche=None, **given) -> CalendrierProcedure:
    usual = {"marche": marche or make_marche(), "notification_le": date(2026, 12, 31)}
    return CalendrierProcedure.objects.create(**usual | given)


def make_etape_faite(*, calendrier=None, **given) -> EtapeFaite:
    usual = {"calendrier": calendrier or make_calendrier_procedure(), "etape": "calcul", "faite_le": date(2026, 1, 15)}
    return EtapeFaite.objects.create(**usual | given)
