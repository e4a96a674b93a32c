"""What pages print of the months of a clause, and of what became of a line."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from clauses.enums import Etat, EtatDeclaration, OrigineHeures
from clauses.models import Affectation, Declaration, Imputation
from clauses.rules import Allure
from portal import etats
from portal.permissions import Acteur, Role
from structures.presentation.historique import Changement, raconter

# What the pace of a clause asks of those who do not follow it for others: the rule speaks to the facilitator.
DECLARANT = "Transmettez les heures faites, ou prévenez le facilitateur."
SUITES = {
    Role.ACHETEUR: "Faites le point avec le facilitateur et l'entreprise.",
    Role.ENTREPRISE: DECLARANT,
    Role.STRUCTURE: DECLARANT,
}


def allure_pour(allure: Allure, role: Role | None) -> Allure:
    """The same pace, with what this role has to do when somebody has to do something."""
    if not allure.verdict.remede or role not in SUITES:
        return allure
    return replace(allure, verdict=replace(allure.verdict, remede=SUITES[role]))


@dataclass(frozen=True)
class MoisDeclare:
    """One month of a clause, with the declaration of each organisation."""

    mois: date
    declarations: list[Declaration]

    @property
    def etat(self) -> EtatDeclaration:
        """The state that most asks for something."""
        states = {declaration.etat for declaration in self.declarations}
        return next(etat for etat in EtatDeclaration if etat in states)

    @property
    def calls(self) -> bool:
        """Whether somebody has to do something in this month."""
        return self.etat not in {EtatDeclaration.ACCEPTEE, EtatDeclaration.SANS_HEURES}

    @property
    def heures_declarees(self) -> Decimal:
        return sum((declaration.heures_declarees for declaration in self.declarations), Decimal(0))

    @property
    def heures_acceptees(self) -> Decimal:
        return sum((declaration.heures_acceptees for declaration in self.declarations), Decimal(0))


def by_month(declarations: Iterable[Declaration]) -> list[MoisDeclare]:
    """Declarations `with_etat().with_heures()`, already in the order of their months, month by month."""
    return [MoisDeclare(mois, list(rows)) for mois, rows in groupby(declarations, key=lambda d: d.mois)]


@dataclass(frozen=True)
class Evenement:
    """Something done to a line: `avant` and `apres` are hours, None where they do not change."""

    le: datetime
    par: Any
    quoi: str
    avant: Decimal | None = None
    apres: Decimal | None = None
    motif: str = ""


def histoire(imputations: Iterable[Imputation]) -> list[tuple[Any, list[Evenement]]]:
    """(clause, its events in order) of a line, from its imputations ordered by clause, then number."""
    parts = groupby(imputations, key=lambda imputation: imputation.clause_id)
    found = []
    for _, rows in parts:
        known = list(rows)
        events = [event for imputation in known for event in _events(imputation)]
        found.append((known[0].clause, sorted(events, key=lambda event: event.le)))
    return found


def _events(imputation: Imputation) -> Iterable[Evenement]:
    before, decided = imputation.remplace, imputation.decidee_le or imputation.saisie_le
    if imputation.etat == Etat.RENONCEE or (
        imputation.etat == Etat.REMPLACEE and not imputation.transmise_le and not imputation.motif_refus
    ):
        yield Evenement(decided, imputation.decidee_par, "Ligne abandonnée", imputation.heures, Decimal(0))
        return
    if before is not None and imputation.motif_refus and imputation.transmise_le == before.transmise_le:
        yield Evenement(
            decided, imputation.decidee_par, "Acceptation annulée", imputation.heures, Decimal(0),
            imputation.motif_refus,
        )  # fmt: skip
        return
    yield Evenement(
        imputation.saisie_le,
        imputation.saisie_par,
        "Correction saisie" if before else "Heures saisies",
        before.heures if before else None,
        imputation.heures,
    )
    if imputation.transmise_le:
        yield Evenement(imputation.transmise_le, imputation.transmise_par, "Ligne transmise")
    if imputation.decidee_le and imputation.motif_refus:
        yield Evenement(imputation.decidee_le, imputation.decidee_par, "Ligne refusée", motif=imputation.motif_refus)
    elif imputation.decidee_le:
        yield Evenement(imputation.decidee_le, imputation.decidee_par, "Ligne acceptée")


# Reason kept with a row of history → what the page says; « heures_<origine> » is said by its origin.
GESTES = {
    "creation": "Clause créée",
    "saisie": "Clause modifiée",
    "passation": "Suivi repris par un autre facilitateur",
    "reprise": "Heures d'avant reprises",
}


def histoire_de_clause(clause) -> list[tuple[datetime, str, str]]:
    """(when, what, which body followed it then) of each write on a clause, the latest first. One query."""
    rows = clause.history.select_related("facilitateur__organisation").defer("texte", "publics")[:50]
    found = []
    for row in rows:
        reason = row.history_change_reason or ""
        origin = dict(OrigineHeures.choices).get(reason.removeprefix("heures_"))
        said = GESTES.get(reason) or (f"Heures dues\u00a0: {origin.lower()}" if origin else "Clause modifiée")
        found.append((row.history_date, said, str(row.facilitateur or "")))
    return found


SUIVIS_AFFECTATION = (
    "employeur", "modalite", "contrat", "metier", "equipe", "site", "date_debut", "date_fin", "utilisateur",
    "utilisateur_prive", "derogation_480", "tuteur",
)  # fmt: skip
MOTIFS_AFFECTATION = {
    "creation": "Affectation créée",
    "saisie": "Affectation modifiée",
    "equipe": "Équipe choisie par l'employeur",
    "passage": "Passage chez un autre employeur",
}
MOST_CHANGES = 50


def histoire_affectation(affectation: Affectation, acteur: Acteur) -> list[Changement]:
    """What became of an assignment, who wrote it, before and after, the latest first; five queries at most."""
    rows = list(affectation.history.order_by("-history_date", "-history_id")[: MOST_CHANGES + 1])
    states = {row.history_id: etats.etat(row, SUIVIS_AFFECTATION) for row in rows}
    noms = etats.noms_of(Affectation, list(states.values()))
    shown, previous = rows[:MOST_CHANGES], rows[MOST_CHANGES] if len(rows) > MOST_CHANGES else None
    return raconter(
        shown, previous, acteur, motifs=MOTIFS_AFFECTATION, creation="Premier état noté",
        compare=lambda before, after: etats.differences(
            Affectation, states[before.history_id], states[after.history_id], noms
        ),
    )  # fmt: skip
