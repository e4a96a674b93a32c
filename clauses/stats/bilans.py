"""Figures of a report: hours, people and what became of them over a period, on the hour lines themselves.

Everything is told in plain values that JSON keeps as they are (hours as text with 2 places), so that a report signed
and one of today are read by the same code. Hours of a closed year changed since count in the next period.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.db.models.functions import TruncMonth

from clauses.enums import Critere, Etat, Modalite, NiveauFormation, Sexe, Situation, TypeContrat
from clauses.models import Cloture, HeuresDues, Imputation, Participant, PointSuivi, RepriseHeures
from clauses.querysets import holders_q
from clauses.rules import Decision, Mouvement, jour_comptable, mouvements
from structures.models import Structure
from structures.rules import SIAE

ZERO = Decimal(0)
AUTRES_EMPLOYEURS = "Entreprises et autres employeurs"
SANS_ETIQUETTE = "Non renseigné"
AGES = {"<26": "Moins de 26 ans", "26-49": "De 26 à 49 ans", "50+": "50 ans et plus"}
QPV = {True: "Quartier prioritaire", False: "Hors quartier prioritaire"}
CLES = (
    *("clause", "ligne__affectation", "ligne__affectation__participant", "ligne__employeur", "ligne__modalite"),
    *("ligne__sexe", "ligne__tranche_age", "ligne__critere", "ligne__qpv", "ligne__affectation__contrat"),
    "ligne__affectation__participant__niveau_formation",
)


@dataclass(frozen=True)
class Perimetre:
    """What a report is about: clauses, from the first day of a month to the last day of one, one organisation or all.

    With an `organisation` count the hours it declared, or that were worked for it.
    """

    clauses: Any  # a queryset of ClauseSociale
    du: date
    au: date
    organisation: int | None = None

    def imputations(self):
        rows = Imputation.objects.filter(clause__in=self.clauses.order_by().values("pk"))
        if self.organisation is None:
            return rows
        mine = Q(declaration__organisation=self.organisation) | Q(ligne__employeur=self.organisation)
        return rows.filter(mine)

    def heures_dues(self):
        rows = HeuresDues.objects.filter(clause__in=self.clauses.order_by().values("pk"), date_effet__lte=self.au)
        if self.organisation is None:
            return rows
        return rows.filter(holders_q(self.organisation, "clause__lot__")).filter(
            Q(membre=None) | Q(membre=self.organisation)
        )

    def reprises(self):
        rows = RepriseHeures.objects.filter(clause__in=self.clauses.order_by().values("pk"), arretee_au__lte=self.au)
        return rows if self.organisation is None else rows.filter(organisation=self.organisation)


@dataclass(frozen=True)
class Ligne:
    """Hours that count in the period, by all the classes a report tells apart; `heures` may be negative."""

    clause: int
    affectation: int | None
    personne: int | None
    employeur: int | None
    modalite: str
    sexe: str
    age: str
    critere: str
    qpv: bool | None
    contrat: str | None
    niveau: str | None
    heures: Decimal
    formation: Decimal


def chiffres(perimetre: Perimetre) -> dict[str, Any]:
    """The figures of a report, as JSON keeps them. The same number of queries whatever the number of lines."""
    tardives = _mouvements_tardifs(perimetre)
    lignes = _lignes(perimetre, tardives is not None)
    mois = _par_mois(perimetre, tardives is not None)
    corrections = ZERO
    for ligne, jour, move in tardives or []:
        if perimetre.du <= jour <= perimetre.au:
            lignes.append(ligne)
            mois[jour.replace(day=1)] += move.heures
            corrections += move.heures
    clauses = list(
        perimetre.clauses.order_by().values_list(
            "pk", "lot", "lot__objet", "lot__marche", "lot__marche__acheteur", "date_debut", "date_fin"
        )
    )
    return {
        "version": 1,
        "heures": _heures(perimetre, lignes, corrections, tardives or []),
        "nombres": _nombres(lignes, clauses, perimetre),
        "tables": _tables(lignes),
        "mois": [[day.isoformat(), _h(mois[day])] for day in sorted(mois) if mois[day]],
        "clauses": _clauses(perimetre, lignes, clauses),
        "sorties": _sorties(perimetre),
    }


# Lines ---------------------------------------------------------------------------------------------------------------
def _acceptees(perimetre: Perimetre, closed: bool):
    rows = perimetre.imputations().filter(etat=Etat.ACCEPTEE)
    if closed:
        rows = rows.exclude(Exists(_tardives().filter(ligne=OuterRef("ligne"), clause=OuterRef("clause"))))
    return rows


def _lignes(perimetre: Perimetre, closed: bool) -> list[Ligne]:
    rows = _acceptees(perimetre, closed).filter(ligne__du__range=(perimetre.du, perimetre.au))
    grouped = rows.order_by().values_list(*CLES).annotate(Sum("heures"), Sum("heures_formation"))
    return [_ligne(keys, round(hours, 2), round(training, 2)) for *keys, hours, training in grouped]


def _ligne(classes: Iterable[Any], heures: Decimal, formation: Decimal) -> Ligne:
    """A line out of the values of `CLES`, in their order."""
    values: list[Any] = [*classes, heures, formation]
    return Ligne(*values)


def _par_mois(perimetre: Perimetre, closed: bool) -> defaultdict[date, Decimal]:
    rows = _acceptees(perimetre, closed).filter(ligne__du__range=(perimetre.du, perimetre.au))
    found = rows.order_by().annotate(mois=TruncMonth("ligne__du")).values_list("mois").annotate(Sum("heures"))
    return defaultdict(Decimal, {day: round(hours, 2) for day, hours in found})


def _tardives():
    """Imputations decided after the year of their month was closed by the facilitator of their clause."""
    return Imputation.objects.filter(
        Exists(
            Cloture.objects.filter(
                facilitateur=OuterRef("clause__facilitateur"),
                annee=OuterRef("ligne__du__year"),
                close_le__lt=OuterRef("decidee_le"),
            )
        )
    )


def _mouvements_tardifs(perimetre: Perimetre) -> list[tuple[Ligne, date, Mouvement]] | None:
    """What changed on lines of closed years since, movement by movement; None when no year is closed."""
    closed: dict[int, dict[int, Any]] = defaultdict(dict)
    for facilitateur, year, moment in Cloture.objects.values_list("facilitateur", "annee", "close_le"):
        closed[facilitateur][year] = moment
    if not closed:
        return None
    late = _tardives().filter(ligne=OuterRef("ligne"), clause=OuterRef("clause"))
    rows = perimetre.imputations().filter(Exists(late)).order_by("pk")
    by_line: dict[tuple, list] = defaultdict(list)
    for row in rows.values_list(
        "ligne", "ligne__du", "clause__facilitateur", "pk", "etat", "heures", "heures_formation", "motif_refus",
        "decidee_le", "transmise_le", "remplace", *CLES,
    ):  # fmt: skip
        by_line[row[0], row[11]].append(row)
    found = []
    for several in by_line.values():
        decisions = [Decision(r[3], r[4], r[5], r[6], bool(r[7]), r[8], r[9], r[10]) for r in several]
        mois, facilitateur = several[0][1], several[0][2]
        for move in mouvements(decisions):
            day = jour_comptable(mois, move.le, closed.get(facilitateur, {}))
            found.append((_ligne(several[0][11:], move.heures, move.formation), day, move))
    return found


# Figures -------------------------------------------------------------------------------------------------------------
def _heures(perimetre, lignes, corrections, tardives) -> dict[str, str]:
    dues = perimetre.heures_dues()
    reprises = perimetre.reprises()
    before = _acceptees(perimetre, bool(tardives)).filter(ligne__du__lt=perimetre.du)
    cumul = _sum(before) + sum((ligne.heures for ligne in lignes), ZERO)
    cumul += sum((move.heures for _, day, move in tardives if day < perimetre.du), ZERO)
    repris = _sum(reprises)
    return {
        "dues": _h(_sum(dues)),
        "dues_periode": _h(_sum(dues.filter(date_effet__gte=perimetre.du))),
        "declarees": _h(_sum(_declarees(perimetre))),
        "acceptees": _h(sum((ligne.heures for ligne in lignes), ZERO)),
        "corrections": _h(corrections),
        "formation": _h(sum((ligne.formation for ligne in lignes), ZERO)),
        "reprises": _h(repris),
        "cumul": _h(cumul),
        "total": _h(cumul + repris),
    }


def _declarees(perimetre):
    pending = Imputation.objects.filter(ligne=OuterRef("ligne"), clause=OuterRef("clause"), etat=Etat.TRANSMISE)
    rows = perimetre.imputations().filter(ligne__du__range=(perimetre.du, perimetre.au))
    return rows.filter(etat__in=[Etat.TRANSMISE, Etat.ACCEPTEE]).exclude(Exists(pending.exclude(pk=OuterRef("pk"))))


def _nombres(lignes, clauses, perimetre) -> dict[str, int]:
    running = [row for row in clauses if row[5] <= perimetre.au and row[6] >= perimetre.du]
    active = {ligne.clause for ligne in lignes if ligne.heures}
    return {
        "clauses": len(running),
        "lots": len({row[1] for row in running}),
        "marches": len({row[3] for row in running}),
        "acheteurs": len({row[4] for row in running}),
        "clauses_avec_heures": len(active),
        "employeurs": len({ligne.employeur for ligne in lignes if ligne.employeur and ligne.heures > 0}),
        "personnes": len(_people(lignes)),
        "contrats": len({ligne.affectation for ligne in lignes if ligne.affectation and ligne.heures > 0}),
    }


def _tables(lignes: list[Ligne]) -> dict[str, list[list]]:
    """By class: [label, hours, training hours, people], the official order, then what is not told."""
    kinds = _familles(ligne.employeur for ligne in lignes)
    return {
        "modalite": _table(lignes, lambda ligne: ligne.modalite, dict(Modalite.choices)),
        "employeur": _table(lignes, lambda ligne: kinds.get(ligne.employeur, AUTRES_EMPLOYEURS), {}),
        "sexe": _table(lignes, lambda ligne: ligne.sexe, dict(Sexe.choices)),
        "age": _table(lignes, lambda ligne: ligne.age, AGES),
        "critere": _table(lignes, lambda ligne: ligne.critere, dict(Critere.choices)),
        "qpv": _table(lignes, lambda ligne: ligne.qpv, QPV),
        "contrat": _table(lignes, lambda ligne: ligne.contrat, dict(TypeContrat.choices)),
        "niveau": _table(lignes, lambda ligne: ligne.niveau, dict(NiveauFormation.choices)),
    }


def _table(lignes, key: Callable[[Ligne], Hashable], labels: dict) -> list[list]:
    hours, training = defaultdict(Decimal), defaultdict(Decimal)
    people: dict[str, set] = defaultdict(set)
    for ligne in lignes:
        value = key(ligne)
        label = str(labels.get(value) or (value if not labels else "") or SANS_ETIQUETTE)
        hours[label] += ligne.heures
        training[label] += ligne.formation
        if ligne.personne and ligne.heures > 0:
            people[label].add(ligne.personne)
    order = {str(label): rank for rank, label in enumerate(labels.values())}
    names = sorted(hours, key=lambda name: (order.get(name, len(order)), name))
    return [[name, _h(hours[name]), _h(training[name]), len(people[name])] for name in names]


def _familles(employeurs: Iterable[int | None]) -> dict[int, str]:
    """Employers of the directory by family: SIAE first for those of several kinds."""
    kinds: dict[int, set[str]] = defaultdict(set)
    known = Structure.objects.filter(organisation__in={pk for pk in employeurs if pk}).order_by()
    for pk, kind in known.values_list("organisation", "kind"):
        kinds[pk].add(kind)
    families = (("SIAE", SIAE), ("EA et EATT", {"EA", "EATT"}), ("ESAT", {"ESAT"}), ("GEIQ", {"GEIQ"}))
    return {
        pk: next((name for name, family in families if found & set(family)), AUTRES_EMPLOYEURS)
        for pk, found in kinds.items()
    }


def _clauses(perimetre, lignes, clauses) -> list[list]:
    """[clause, lot, hours due at the end, hours accepted in the period, opening balance, people], by subject."""
    dues = _by_clause(perimetre.heures_dues())
    repris = _by_clause(perimetre.reprises())
    hours, people = defaultdict(Decimal), defaultdict(set)
    for ligne in lignes:
        hours[ligne.clause] += ligne.heures
        if ligne.personne and ligne.heures > 0:
            people[ligne.clause].add(ligne.personne)
    told = [row for row in clauses if hours[row[0]] or (row[5] <= perimetre.au and row[6] >= perimetre.du)]
    return [
        [pk, objet[:200], _h(dues.get(pk, ZERO)), _h(hours[pk]), _h(repris.get(pk, ZERO)), len(people[pk])]
        for pk, _lot, objet, *_ in sorted(told, key=lambda row: (row[2], row[0]))
    ]


def _sorties(perimetre) -> dict[str, Any]:
    """People of these clauses who left in the period, and what they had become: `points` by term and situation."""
    people = perimetre.imputations().filter(etat=Etat.ACCEPTEE).values("ligne__affectation__participant")
    left = Q(participant__in=people, participant__sortie_le__range=(perimetre.du, perimetre.au))
    points = PointSuivi.objects.filter(left)
    rows = points.order_by().values_list("terme", "situation").annotate(Count("pk"))
    counted = {(terme, situation): number for terme, situation, number in rows}
    hired = points.order_by().aggregate(
        acheteur=Count("participant", filter=Q(chez_acheteur=True), distinct=True),
        titulaire=Count("participant", filter=Q(chez_titulaire=True), distinct=True),
    )
    return {
        "personnes": Participant.objects.filter(
            pk__in=people, sortie_le__range=(perimetre.du, perimetre.au)
        ).count(),
        "points": [[terme, str(Situation(s).label), n] for (terme, s), n in sorted(counted.items(), key=_point_order)],
        "chez_acheteur": hired["acheteur"],
        "chez_titulaire": hired["titulaire"],
    }  # fmt: skip


def _point_order(item):
    (terme, situation), _ = item
    return terme, list(Situation.values).index(situation)


def _by_clause(rows) -> dict[int, Decimal]:
    return {pk: round(hours, 2) for pk, hours in rows.order_by().values_list("clause").annotate(Sum("heures"))}


def _people(lignes) -> set[int]:
    return {ligne.personne for ligne in lignes if ligne.personne and ligne.heures > 0}


def _sum(rows) -> Decimal:
    return round(rows.order_by().aggregate(total=Sum("heures"))["total"] or ZERO, 2)


def _h(hours: Decimal) -> str:
    return f"{round(hours, 2):.2f}"
