"""Checks of the lines of a month before they are accepted: fetches, then asks `rules.verifie_ligne`."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from clauses.enums import Etat
from clauses.models import Declaration, Imputation
from clauses.parametres import seuil
from clauses.rules import LigneAVerifier, verifie_ligne
from portal.verdict import Niveau, Verdict, worst


def current_imputations(declaration: Declaration) -> list[Imputation]:
    """The lines of a month as they stand: the latest imputation of each, with what the grid prints. One query."""
    rows = (
        declaration.imputations.filter(remplacee_par=None)
        .select_related("ligne__affectation__participant", "ligne__affectation__employeur", "remplace")
        .order_by("ligne__affectation__participant__code", "pk")
    )
    return list(rows)


def verdicts_by_imputation(declaration: Declaration, imputations: Iterable[Imputation]) -> dict[int, list[Verdict]]:
    """What to know of each line, the most serious first; an empty list for a clean one. Three queries in all."""
    imputations = [i for i in imputations if i.ligne.affectation]
    people = {i.ligne.affectation.participant_id for i in imputations}
    employers = {i.ligne.affectation.employeur_id for i in imputations}
    eligibilites, kinds, totals = _eligibilites(people), _kinds(employers), _totals(declaration, people)
    clause, mois = declaration.clause, declaration.mois
    found = {}
    for imputation in imputations:
        affectation = imputation.ligne.affectation
        # Their other lines of the month, plus this one as it is claimed now.
        elsewhere = totals[affectation.participant_id] - totals_of_line(totals, imputation)
        found[imputation.pk] = verifie_ligne(
            LigneAVerifier(
                mois=mois,
                heures=imputation.heures,
                total_mois=elsewhere + imputation.heures,
                modalite=affectation.modalite,
                contrat=affectation.contrat,
                date_debut=affectation.date_debut,
                date_fin=affectation.date_fin,
                kinds=kinds[affectation.employeur_id],
                clause_debut=clause.date_debut,
                clause_fin=clause.date_fin,
                eligibilites=eligibilites[affectation.participant_id],
            ),
            par_semaine=seuil("heures_semaine", mois),
            exception=seuil("heures_semaine_exception", mois),
        )
    return found


def is_clean(verdicts: Iterable[Verdict]) -> bool:
    """Whether a line may be accepted with the others, without a look of its own."""
    return worst(verdicts).level < Niveau.AVERTISSEMENT


def _eligibilites(people) -> dict[int, list]:
    from clauses.models import Eligibilite

    found = defaultdict(list)
    for eligibilite in Eligibilite.objects.filter(participant__in=people):
        found[eligibilite.participant_id].append(eligibilite)
    return found


def _kinds(employers) -> dict[int, set[str]]:
    from structures.models import Structure

    found = defaultdict(set)
    for organisation, kind in Structure.objects.filter(organisation__in=employers).values_list("organisation", "kind"):
        found[organisation].add(kind)
    return found


class _Totals(defaultdict):
    """Hours of the month by person; `lines` holds them by hour line."""

    def __init__(self):
        super().__init__(Decimal)
        self.lines: dict[int, Decimal] = defaultdict(Decimal)


def _totals(declaration, people) -> _Totals:
    """Hours sent or accepted in the month, by person, on every clause; a correction sent counts for the old one."""
    rows = Imputation.objects.filter(
        ligne__affectation__participant__in=people,
        ligne__du__year=declaration.mois.year,
        ligne__du__month=declaration.mois.month,
        etat__in=[Etat.TRANSMISE, Etat.ACCEPTEE],
    ).values_list("ligne__affectation__participant", "ligne", "clause", "etat", "heures")
    latest: dict[tuple, tuple] = {}
    for person, ligne, clause, etat, hours in rows:
        if etat == Etat.TRANSMISE or (ligne, clause) not in latest:
            latest[ligne, clause] = (person, hours)
    totals = _Totals()
    for (ligne, _), (person, hours) in latest.items():
        totals[person] += hours
        totals.lines[ligne] += hours
    return totals


def totals_of_line(totals: _Totals, imputation: Imputation) -> Decimal:
    """What the line of this imputation already weighs in the total of its person."""
    return totals.lines[imputation.ligne_id]
