"""A file of hours written into months: read, checked, reported; then written whole, or not at all.

The plan costs the same number of queries for one row as for five thousand, and so does its writing, but for hours
already shared between clauses, which are written one line at a time.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction

from clauses.actions.lignes import LIVE, ZERO, Conflit, Saisie, claim, locked_reason
from clauses.actions.mois import affectations_suivies, create, new_line, save_month
from clauses.actions.partage import juger_partage, ouvrir_mois_de, repartir
from clauses.enums import Etat
from clauses.importers.heures import Ecartee, LigneLue, lire
from clauses.models import Affectation, ClauseSociale, Declaration, Imputation, LigneHeures
from clauses.querysets import holders_q
from clauses.rules import dernier_du_mois
from portal.imports import ImportReport
from portal.models import Depot
from portal.permissions import Acteur
from portal.templatetags.formats import heures as h

BLOCK = 500  # codes asked at once
REPORTED = 300  # details of each reason kept in a report
NOUVELLE, MODIFIEE, RETIREE = "nouvelle", "modifiée", "retirée"


@dataclass(frozen=True)
class Prevue:
    """One row to write: on which clause, for whom, what it was and what it becomes."""

    ligne: int
    clause: int
    code: str
    saisie: Saisie
    avant: Decimal
    genre: str


@dataclass
class Plan:
    """What a file would do; `partages`: {assignment: hours worked in all} of the lines shared between clauses."""

    rapport: ImportReport
    prevues: list[Prevue] = field(default_factory=list)
    partages: dict[int, Saisie] = field(default_factory=dict)
    clauses: dict[int, ClauseSociale] = field(default_factory=dict)

    @property
    def empreinte(self) -> str:
        """What tells this plan from any other: one confirmed after the month has changed is a `Conflit`."""
        rows = [f"{p.clause}:{p.saisie.affectation}:{p.saisie.travail}:{p.saisie.formation}:{p.avant}:{p.genre}"
                for p in self.prevues]  # fmt: skip
        rows += [f"{pk}:{total.travail}:{total.formation}" for pk, total in sorted(self.partages.items())]
        return hashlib.sha256("|".join(rows).encode()).hexdigest()[:20]

    @property
    def heures(self) -> Decimal:
        return sum((row.saisie.heures for row in self.prevues), ZERO)


# Reading --------------------------------------------------------------------------------------------------------------
def preparer(declaration: Declaration, depot: Depot, *, on: date) -> Plan:
    """Read the file and say what it would do to the months of this declarer. `TableError` when it is no table."""
    rapport = ImportReport(depot.nom, plafond=REPORTED)
    plan = Plan(rapport, clauses=_clauses(declaration))
    rows = list(lire(depot, declaration.mois, rapport))
    known = _Connues(declaration, plan.clauses, {row.code for row in rows})
    by_person: dict[int, list[tuple[LigneLue, int]]] = defaultdict(list)
    seen: dict[tuple[int, int], int] = {}
    for row in rows:
        try:
            clause = _clause_of(row, declaration, plan.clauses)
            affectation = known.find(row, clause)
            if (clause, affectation.pk) in seen:
                raise Ecartee(f"Même personne et même clause qu'à la ligne {seen[clause, affectation.pk]}.", row.code)
        except Ecartee as fault:
            rapport.set_aside(row.ligne, fault.raison, fault.valeur)
            continue
        seen[clause, affectation.pk] = row.ligne
        by_person[affectation.pk].append((row, clause))
    for number, several in by_person.items():
        try:
            _plan_person(plan, declaration, known, number, several, on)
        except Ecartee as fault:
            for row, _ in several:
                rapport.set_aside(row.ligne, fault.raison, fault.valeur or row.code)
    plan.prevues.sort(key=lambda row: row.ligne)
    rapport.check()
    return plan


def _clauses(declaration: Declaration) -> dict[int, ClauseSociale]:
    """The clauses of this declarer and this facilitator in the month."""
    rows = ClauseSociale.objects.filter(
        holders_q(declaration.organisation_id), facilitateur=declaration.clause.facilitateur_id,
        date_debut__lte=dernier_du_mois(declaration.mois), date_fin__gte=declaration.mois,
    ).select_related("lot__marche")  # fmt: skip
    return {clause.pk: clause for clause in rows} | {declaration.clause_id: declaration.clause}


def _clause_of(row: LigneLue, declaration: Declaration, clauses) -> int:
    number = row.clause or declaration.clause_id
    if number not in clauses:
        raise Ecartee("Cette clause n'est pas déclarée par votre organisation ce mois-ci.", str(number))
    return number


class _Connues:
    """Assignments and lines that the file speaks of, fetched by blocks."""

    def __init__(self, declaration: Declaration, clauses, codes: set[str]):
        self.declaration, self.by_code = declaration, defaultdict(list)
        last, ordered = dernier_du_mois(declaration.mois), sorted(codes)
        followed = (
            affectations_suivies(declaration.clause).filter(date_debut__lte=last).exclude(date_fin__lt=declaration.mois)
        )
        self.affectations: dict[int, Affectation] = {}
        self.lines: dict[int, LigneHeures] = {}
        for start in range(0, len(ordered), BLOCK):
            found = list(followed.filter(participant__code__in=ordered[start : start + BLOCK]))
            for affectation in found:
                self.by_code[affectation.participant.code].append(affectation)
                self.affectations[affectation.pk] = affectation
            lines = LigneHeures.objects.filter(affectation__in=[a.pk for a in found], du=declaration.mois)
            for line in lines.prefetch_related("imputations__declaration"):
                self.lines[line.affectation_id] = line

    def find(self, row: LigneLue, clause: int) -> Affectation:
        """The assignment this row speaks of; `Ecartee` when there is none, or several."""
        found = self.by_code.get(row.code, [])
        if not found:
            raise Ecartee(
                "Code inconnu, ou personne sans affectation ce mois-ci\u00a0: voyez avec le facilitateur.", row.code
            )
        if row.affectation is not None:
            found = [a for a in found if a.pk == row.affectation]
            if not found:
                raise Ecartee("Cette affectation n'est pas celle de la personne ce mois-ci.", str(row.affectation))
        elif row.siret:
            found = [a for a in found if a.employeur.identifiant == row.siret]
            if not found:
                raise Ecartee("La personne n'a pas d'affectation chez cet employeur ce mois-ci.", row.siret)
        if len(found) > 1:
            raise Ecartee(
                "Plusieurs affectations ce mois-ci\u00a0: recopiez la colonne «\u00a0Affectation\u00a0» du modèle.",
                row.code,
            )
        return found[0]

    def last(self, affectation: int, clause: int) -> Imputation | None:
        """The last word of this declarer for this clause on the line of the month."""
        line = self.lines.get(affectation)
        rows = [i for i in line.imputations.all() if i.clause_id == clause] if line else []
        return max(rows, key=lambda i: i.pk, default=None)


def _plan_person(plan, declaration, known, affectation, several, on) -> None:
    """Check together what the file says of one person: `Ecartee` strikes all their rows."""
    line = known.lines.get(affectation)
    said = {clause: Saisie(affectation, row.travail, row.formation) for row, clause in several}
    elsewhere = _elsewhere(declaration, line, set(said))
    _refuse_other_declarer(declaration, line)
    if elsewhere and not line.partagee:
        raise Ecartee(
            "Cette affectation est déjà déclarée ce mois-ci sur une autre de vos clauses\u00a0: écrivez dans le "
            "fichier la part de chacune."
        )
    totals = {row.total for row, _ in several if row.total is not None}
    if len(totals) > 1:
        raise Ecartee("Le total de la personne n'est pas le même d'une ligne à l'autre.")
    claimed = sum((part.heures for part in said.values()), sum(elsewhere.values(), ZERO))
    shared = len([part for part in said.values() if part.heures]) > 1 or bool(elsewhere) or bool(totals)
    if shared:
        stated = line.heures if line and line.partagee else claimed
        total = totals.pop() if totals else stated
        if claimed > total:
            raise Ecartee(
                f"Les parts comptent {h(claimed)} pour {h(total)} en tout\u00a0: une heure ne compte qu'une fois."
            )
        sharing = [plan.clauses[pk] for pk in {pk for pk, part in said.items() if part.heures} | set(elsewhere)
                   if pk in plan.clauses]  # fmt: skip
        verdict = juger_partage(sharing, declaration.organisation_id, on)
        if verdict.is_blocking:
            raise Ecartee(verdict.reason)
    rows = [_plan_row(known, affectation, row, clause, said[clause]) for row, clause in several]
    changed = [row for row in rows if row is not None]
    if shared and not changed and line and line.heures != total:  # the parts stay, what was worked in all does not
        first, clause = several[0]
        hours = said[clause].heures
        changed = [Prevue(first.ligne, clause, first.code, said[clause], hours, MODIFIEE)]
    plan.rapport.unchanged(len(rows) - len(changed))
    for row in changed:
        plan.rapport.created() if row.genre == NOUVELLE else plan.rapport.updated()
    if shared and changed:
        formation = sum((part.formation for part in said.values()), ZERO)
        plan.partages[affectation] = Saisie(affectation, total - formation, formation)
    plan.prevues.extend(changed)


def _plan_row(known, affectation, row: LigneLue, clause: int, saisie: Saisie) -> Prevue | None:
    last = known.last(affectation, clause)
    gone = last is None or last.etat == Etat.RENONCEE
    same = not gone and (last.heures, last.heures_formation) == (saisie.heures, saisie.formation)
    if same or (gone and not saisie.heures):
        return None
    if not gone and last.etat != Etat.BROUILLON:
        raise Ecartee(f"{locked_reason(last.etat)[:1].upper()}{locked_reason(last.etat)[1:]}", h(last.heures))
    before = ZERO if gone else last.heures
    genre = NOUVELLE if gone else MODIFIEE if saisie.heures else RETIREE
    return Prevue(row.ligne, clause, row.code, saisie, before, genre)


def _elsewhere(declaration, line, said: set[int]) -> dict[int, Decimal]:
    """Hours that clauses of which the file says nothing claim of the line."""
    found: dict[int, Decimal] = {}
    for i in line.imputations.all() if line else ():
        if i.etat in LIVE and i.clause_id not in said:
            found[i.clause_id] = max(found.get(i.clause_id, ZERO), i.heures)
    return found


def _refuse_other_declarer(declaration, line) -> None:
    for i in line.imputations.all() if line else ():
        if i.etat in LIVE and i.declaration.organisation_id != declaration.organisation_id:
            raise Ecartee(
                "Cette affectation est déjà déclarée ce mois-ci par une autre organisation\u00a0: demandez-en une "
                "seconde au facilitateur."
            )


# Writing --------------------------------------------------------------------------------------------------------------
@transaction.atomic
def ecrire(declaration: Declaration, depot: Depot, *, seen: str, on: date, by: Acteur) -> Plan:
    """Write what the file says, as drafts; `Conflit`, and nothing written, when it is no longer what `seen` showed."""
    # Every month this declarer has then, whatever the file turns out to say: nobody else can write from now on.
    opened = Declaration.objects.filter(organisation=declaration.organisation_id, mois=declaration.mois)
    for month in opened.order_by("pk"):
        claim(month, None, by)
    plan = preparer(declaration, depot, on=on)
    if plan.empreinte != seen:
        raise Conflit(
            "Le mois a changé depuis cet aperçu\u00a0: rien n'a été écrit. Voici ce que ferait le fichier maintenant."
        )
    months = ouvrir_mois_de(declaration, {row.clause for row in plan.prevues}, by)
    simple: dict[int, list[Saisie]] = defaultdict(list)
    shared: dict[int, dict[int, Saisie]] = defaultdict(dict)
    for row in plan.prevues:
        if row.saisie.affectation in plan.partages:
            shared[row.saisie.affectation][row.clause] = row.saisie
        else:
            simple[row.clause].append(row.saisie)
    for clause, rows in sorted(simple.items()):
        save_month(months[clause], rows, version=None, by=by)
    _write_shared(declaration, months, plan, shared, on, by)
    return plan


def _write_shared(declaration, months, plan: Plan, shared, on, by) -> None:
    """New shared lines together; those that exist, one by one."""
    known = LigneHeures.objects.filter(affectation__in=list(shared), du=declaration.mois)
    old = set(known.values_list("affectation", flat=True))
    followed = affectations_suivies(declaration.clause).prefetch_related("participant__eligibilites")
    people = followed.in_bulk([pk for pk in shared if pk not in old])
    lines, imputations = [], []
    for pk, parts in shared.items():
        total = plan.partages[pk]
        if pk in old:
            repartir(declaration, Affectation(pk=pk), total, parts, on=on, by=by)
            continue
        live = {clause: part for clause, part in parts.items() if part.heures}
        rest = total.heures > sum((part.heures for part in live.values()), ZERO)
        line = new_line(people[pk], declaration.mois, total, partagee=len(live) > 1 or rest)
        lines.append(line)
        imputations += [
            Imputation(
                ligne=line, clause_id=clause, declaration=months[clause], heures=part.heures,
                heures_formation=part.formation, saisie_par=by.user,
            )
            for clause, part in live.items()
        ]  # fmt: skip
    if lines:
        create(lines, imputations)


def ecartees(declaration: Declaration, depot: Depot, *, on: date) -> Iterator[Sequence[str]]:
    """Number, reason and cell of every row set aside, whatever their number: to put right and send again."""
    rapport = preparer(declaration, depot, on=on).rapport
    for ecart in sorted(rapport.ecartes, key=lambda ecart: ecart.ligne or 0):
        yield (str(ecart.ligne or ""), ecart.raison, ecart.valeur)
