"""Figures of a report: hours, people and what became of them over a period, on the hour lines themselves.

Everything is told in plain values that JSON keeps as they are (hours as text with 2 places), so that a report signed
and one of today are read by the same code. Hours of a closed year changed since count in the next period.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Q, Sum

from clauses.enums import (
    TRANCHES_AGE,
    Critere,
    Etat,
    GenrePrescripteur,
    Modalite,
    NiveauFormation,
    Sexe,
    TypeContrat,
)
from clauses.models import (
    Affectation,
    HeuresDues,
    Imputation,
    RepriseHeures,
)
from clauses.querysets import holders_q, last_word
from clauses.rules import Decision, Mouvement, jour_comptable, mouvements
from clauses.stats.closes import Closes
from clauses.stats.commun import MOST_IDS, SANS_ETIQUETTE, ZERO, batched_ids, en_texte, noms_des_lots
from clauses.stats.sorties import annees_closes, formations, missions_apres, sorties
from marches.models import MembreGroupement, Titulaire
from structures.models import Structure
from structures.rules import SIAE

INCONNUE = (None, None, None, None)  # what is known of the assignment of a person erased
AUTRES_EMPLOYEURS = "Entreprises et autres employeurs"
QPV = {True: "Quartier prioritaire", False: "Hors quartier prioritaire"}
CLES = (
    *("clause", "ligne__affectation", "ligne__employeur", "ligne__modalite"),
    *("ligne__sexe", "ligne__tranche_age", "ligne__critere", "ligne__qpv"),
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

    @cached_property
    def ids(self):
        """The clauses, read once; as a subquery when they are very many."""
        found = list(self.clauses.order_by().values_list("pk", flat=True)[: MOST_IDS + 1])
        return found if len(found) <= MOST_IDS else self.clauses.order_by().values("pk")

    @cached_property
    def closes(self) -> Closes:
        """The closed years of these clauses."""
        return Closes(self.ids)

    @property
    def mois(self) -> dict[str, Any]:
        """Said of the months as well, so that those of these clauses are read, and not the whole country's."""
        return {"declaration__clause__in": self.ids}

    def imputations(self):
        rows = Imputation.objects.filter(clause__in=self.ids)
        if self.organisation is None:
            return rows
        mine = Q(declaration__organisation=self.organisation) | Q(ligne__employeur=self.organisation)
        return rows.filter(mine)

    def heures_dues(self):
        rows = HeuresDues.objects.filter(clause__in=self.ids, date_effet__lte=self.au)
        if self.organisation is None:
            return rows
        alone = Q(membre=None) & ~self._a_plusieurs
        return rows.filter(holders_q(self.organisation, "clause__lot__")).filter(alone | Q(membre=self.organisation))

    def heures_dues_ensemble(self):
        """Hours that the organisation owes with the other members of its group, and that nothing splits between them:
        none of them is late alone."""
        rows = HeuresDues.objects.filter(clause__in=self.ids, date_effet__lte=self.au, membre=None)
        if self.organisation is None:
            return rows.none()
        return rows.filter(holders_q(self.organisation, "clause__lot__")).filter(self._a_plusieurs)

    @property
    def _a_plusieurs(self) -> Q:
        """Due hours of the lots that others hold as well."""
        held = Titulaire.objects.exclude(organisation=self.organisation).values("lot")
        joined = MembreGroupement.objects.filter(groupement__retenu=True, groupement__lot__isnull=False)
        others = joined.exclude(organisation=self.organisation).values("groupement__lot")
        return Q(clause__lot__in=held) | Q(clause__lot__in=others)

    def reprises(self):
        rows = RepriseHeures.objects.filter(clause__in=self.ids, arretee_au__lte=self.au)
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
    prescripteur: str | None
    heures: Decimal
    formation: Decimal


def chiffres(perimetre: Perimetre, on: date | None = None) -> dict[str, Any]:
    """The figures of a report, as JSON keeps them. The same number of queries whatever the number of lines.

    With a day `on`, how many follow-up points had fallen due by then is counted too.
    """
    tardives = lignes_tardives(perimetre)
    brutes = _par_classes(perimetre)
    mois = _par_mois(perimetre)
    avant = _avant(perimetre)
    corrections = ZERO
    connues = _affectations({keys[1] for keys in brutes} | {each.cles[1] for each in tardives})
    # What was decided after its year was closed leaves its month, then counts movement by movement.
    for each in tardives:
        if each.comptee is None:
            continue
        heures, formation = each.comptee
        if perimetre.du <= each.mois <= perimetre.au:
            before = brutes[each.cles]
            brutes[each.cles] = (before[0] - heures, before[1] - formation)
            mois[each.mois] -= heures
        elif each.mois < perimetre.du:
            avant[each.cles[1]] -= heures
    lignes = [_ligne(keys, *counted, connues) for keys, counted in brutes.items()]
    cumul = sum(avant.values(), ZERO)
    for each in tardives:
        for jour, move in each.mouvements:
            if perimetre.du <= jour <= perimetre.au:
                lignes.append(_ligne(each.cles, move.heures, move.formation, connues))
                mois[jour.replace(day=1)] += move.heures
                if jour.year != each.mois.year:  # what had counted before the closing is no correction of its year
                    corrections += move.heures
            elif jour < perimetre.du:
                cumul += move.heures
    clauses = list(
        perimetre.clauses.order_by().values_list(
            "pk",
            "lot",
            "lot__objet",
            "lot__marche",
            "lot__marche__acheteur",
            "date_debut",
            "date_fin",
            "lot__numero",
            "lot__marche__acheteur__organisation__denomination",
            "lot__marche__objet",
        )
    )
    return {
        "version": 1,
        "heures": _heures(perimetre, lignes, corrections, cumul),
        "nombres": _nombres(lignes, clauses, perimetre),
        "tables": _tables(lignes),
        "mois": [[day.isoformat(), en_texte(mois[day])] for day in sorted(mois) if mois[day]],
        "clauses": _clauses(perimetre, lignes, clauses),
        "sorties": sorties(perimetre, {keys[1] for keys in brutes} | set(avant), on),
        "formations": formations(perimetre, _people(lignes)),
        "formees": missions_apres(perimetre, _people(lignes)),
        "closes": annees_closes(perimetre),
    }


# Lines ---------------------------------------------------------------------------------------------------------------
def _dans(perimetre: Perimetre, etats=(Etat.ACCEPTEE,)):
    """Imputations of the months of the period in these states."""
    rows = perimetre.imputations().filter(etat__in=etats)
    return rows.filter(**perimetre.mois, declaration__mois__range=(perimetre.du, perimetre.au))


def _par_classes(perimetre: Perimetre) -> dict[tuple, tuple[Decimal, Decimal]]:
    """(hours, training hours) accepted by the values of `CLES`: the longest query, without what it can do without."""
    grouped = _dans(perimetre).order_by().values_list(*CLES).annotate(Sum("heures"), Sum("heures_formation"))
    found = {tuple(keys): (round(hours, 2), round(training, 2)) for *keys, hours, training in grouped}
    return defaultdict(lambda: (ZERO, ZERO), found)


def _par_mois(perimetre: Perimetre) -> defaultdict[date, Decimal]:
    found = _dans(perimetre).order_by().values_list("declaration__mois").annotate(Sum("heures"))
    return defaultdict(Decimal, {day: round(hours, 2) for day, hours in found})


def _avant(perimetre: Perimetre) -> defaultdict[int | None, Decimal]:
    """Hours accepted before the period, by assignment."""
    rows = perimetre.imputations().filter(etat=Etat.ACCEPTEE, **perimetre.mois, declaration__mois__lt=perimetre.du)
    found = rows.order_by().values_list("ligne__affectation").annotate(Sum("heures"))
    return defaultdict(Decimal, {pk: round(hours, 2) for pk, hours in found})


def _affectations(pks: Collection[int | None]) -> dict[int | None, tuple]:
    """{assignment: (person, contract, level of training, who sent them)}; nothing is known of those erased."""
    found: dict[int | None, tuple] = {None: INCONNUE}
    for several in batched_ids(pks):
        rows = Affectation.objects.filter(pk__in=several).order_by()
        told = rows.values_list(
            "pk", "participant", "contrat", "participant__niveau_formation", "participant__prescripteur"
        )
        found |= {pk: tuple(several) for pk, *several in told}
    return found


def _ligne(cles: tuple, heures: Decimal, formation: Decimal, connues: Mapping) -> Ligne:
    """A line out of the values of `CLES`, in their order, and of what is known of its assignment."""
    clause, affectation, employeur, modalite, sexe, age, critere, qpv = cles
    personne, contrat, niveau, prescripteur = connues.get(affectation, INCONNUE)
    return Ligne(
        clause, affectation, personne, employeur, modalite, sexe, age, critere, qpv, contrat, niveau, prescripteur,
        heures, formation,
    )  # fmt: skip


@dataclass(frozen=True)
class Tardive:
    """A line of a closed year changed since: its month, what of it is accepted today, its movements and their days,
    and the body that closed the year."""

    cles: tuple
    mois: date
    comptee: tuple[Decimal, Decimal] | None
    mouvements: list[tuple[date, Mouvement]]
    close_par: int | None


def lignes_tardives(perimetre: Perimetre) -> list[Tardive]:
    """Lines with a decision taken after their year was closed for their clause, by who followed it then."""
    closes = perimetre.closes
    if not closes:
        return []
    late = perimetre.imputations().filter(closes.late_q(), **perimetre.mois)
    pairs = set(late.order_by().values_list("ligne", "clause").distinct())
    if not pairs:
        return []
    by_line: dict[tuple, list] = defaultdict(list)
    for several in batched_ids({ligne for ligne, _ in pairs}):
        rows = perimetre.imputations().filter(ligne__in=several).order_by("pk")
        for row in rows.values_list(
            "ligne", "declaration__mois", "clause__facilitateur", "pk", "etat", "heures", "heures_formation",
            "motif_refus", "decidee_le", "transmise_le", "remplace", *CLES,
        ):  # fmt: skip
            if (row[0], row[11]) in pairs:
                by_line[row[0], row[11]].append(row)
    found = []
    for several in by_line.values():
        decisions = [Decision(r[3], r[4], r[5], r[6], bool(r[7]), r[8], r[9], r[10]) for r in several]
        mois, closed = several[0][1], closes.of(several[0][11], several[0][2])
        closings = {year: close.le for year, close in closed.items()}
        moves = [(jour_comptable(mois, move.le, closings), move) for move in mouvements(decisions)]
        counted = next(((r[5], r[6]) for r in several if r[4] == Etat.ACCEPTEE), None)
        by = closed[mois.year].par if mois.year in closed else None
        found.append(Tardive(tuple(several[0][11:]), mois, counted, moves, by))
    return found


# Figures -------------------------------------------------------------------------------------------------------------
def _heures(perimetre, lignes, corrections, avant) -> dict[str, str]:
    dues = perimetre.heures_dues()
    acceptees = sum((ligne.heures for ligne in lignes), ZERO)
    repris = _sum(perimetre.reprises())
    return {
        "dues": en_texte(_sum(dues)),
        "dues_ensemble": en_texte(_sum(perimetre.heures_dues_ensemble())),
        "dues_periode": en_texte(_sum(dues.filter(date_effet__gte=perimetre.du))),
        "declarees": en_texte(_sum(last_word(_dans(perimetre, (Etat.TRANSMISE, Etat.ACCEPTEE))))),
        "acceptees": en_texte(acceptees),
        "corrections": en_texte(corrections),
        "formation": en_texte(sum((ligne.formation for ligne in lignes), ZERO)),
        "reprises": en_texte(repris),
        "cumul": en_texte(avant + acceptees),
        "total": en_texte(avant + acceptees + repris),
    }


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
    kinds = familles(ligne.employeur for ligne in lignes)
    return {
        "modalite": _table(lignes, lambda ligne: ligne.modalite, dict(Modalite.choices)),
        "employeur": _table(lignes, lambda ligne: kinds.get(ligne.employeur, AUTRES_EMPLOYEURS), {}),
        "sexe": _table(lignes, lambda ligne: ligne.sexe, dict(Sexe.choices)),
        "age": _table(lignes, lambda ligne: ligne.age, TRANCHES_AGE),
        "critere": _table(lignes, lambda ligne: ligne.critere, dict(Critere.choices)),
        "qpv": _table(lignes, lambda ligne: ligne.qpv, QPV),
        "contrat": _table(lignes, lambda ligne: ligne.contrat, dict(TypeContrat.choices)),
        "niveau": _table(lignes, lambda ligne: ligne.niveau, dict(NiveauFormation.choices)),
        # Not in reports: the indicators of a body alone tell it.
        "prescripteur": _table(lignes, lambda ligne: ligne.prescripteur, dict(GenrePrescripteur.choices)),
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
    return [[name, en_texte(hours[name]), en_texte(training[name]), len(people[name])] for name in names]


def familles(employeurs: Iterable[int | None]) -> dict[int, str]:
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
    """[clause, lot, hours due at the end, hours accepted in the period, opening balance, people], by subject.

    Hours due by a whole group, of which the organisation has no part of its own, are None.
    """
    dues = _by_clause(perimetre.heures_dues())
    ensemble = _by_clause(perimetre.heures_dues_ensemble())
    repris = _by_clause(perimetre.reprises())
    hours, people = defaultdict(Decimal), defaultdict(set)
    for ligne in lignes:
        hours[ligne.clause] += ligne.heures
        if ligne.personne and ligne.heures > 0:
            people[ligne.clause].add(ligne.personne)
    names = noms_des_lots((row[0], *row[2:3], *row[5:]) for row in clauses)
    told = [row for row in clauses if hours[row[0]] or (row[5] <= perimetre.au and row[6] >= perimetre.du)]
    return [
        [
            pk,
            names[pk],
            None if pk in ensemble and pk not in dues else en_texte(dues.get(pk, ZERO)),
            en_texte(hours[pk]),
            en_texte(repris.get(pk, ZERO)),
            len(people[pk]),
        ]
        for pk, *_ in sorted(told, key=lambda row: (row[2], row[0]))
    ]


def _by_clause(rows) -> dict[int, Decimal]:
    return {pk: round(hours, 2) for pk, hours in rows.order_by().values_list("clause").annotate(Sum("heures"))}


def _people(lignes) -> set[int]:
    return {ligne.personne for ligne in lignes if ligne.personne and ligne.heures > 0}


def _sum(rows) -> Decimal:
    return round(rows.order_by().aggregate(total=Sum("heures"))["total"] or ZERO, 2)
