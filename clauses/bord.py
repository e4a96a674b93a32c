"""The board of a facilitator: clauses sorted by risk without loading them all, and what waits for somebody."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, Sum

from clauses.actions import declarants
from clauses.enums import EtapeEcart, Etat
from clauses.models import (
    ClauseSociale,
    Convention,
    Declaration,
    DemandeFacilitateur,
    Ecart,
    HeuresDues,
    Imputation,
    Participant,
    Passation,
    RepriseHeures,
    Tache,
)
from clauses.parametres import seuil
from clauses.querysets import last_word
from clauses.rules import Allure, allure
from clauses.stats.suivi import nombre_suivi
from marches.models import MembreGroupement, Titulaire
from portal.permissions import Acteur
from portal.text import fold

ELIGIBILITES_JOURS = 60
CONVENTIONS_JOURS = 180
TACHES_JOURS = 30
MOST = 10  # rows of each list
MOST_IDS = 5_000  # clauses in one query


@dataclass(frozen=True)
class Rang:
    """A clause in the order of the board: its key and its pace."""

    pk: int
    allure: Allure


def classees(clauses, on: date) -> list[Rang]:
    """All the clauses, the most at risk first: one query of five plain columns, no row of a model is made."""
    columns = ("pk", "date_debut", "date_fin", "heures_dues_total", "heures_acceptees")
    rows = clauses.order_by().with_heures_dues(on).with_heures_acceptees(on).values_list(*columns)
    orange, rouge = seuil("alerte_orange", on), seuil("alerte_rouge", on)
    ranks = [
        Rang(pk, allure(start, end, due, accepted, on, orange=orange, rouge=rouge))
        for pk, start, end, due, accepted in rows
    ]
    return sorted(ranks, key=lambda rank: (-rank.allure.verdict.level.rank, -rank.allure.retard, -rank.pk))


def mois_a_verifier(acteur: Acteur) -> list[int]:
    """Months with a line to accept or refuse, the oldest first. Three queries, off the index of the lines that wait."""
    clauses: Any = list(
        ClauseSociale.objects.followed_by(acteur).order_by().values_list("pk", flat=True)[: MOST_IDS + 1]
    )
    if len(clauses) > MOST_IDS:
        clauses = ClauseSociale.objects.followed_by(acteur).order_by().values("pk")
    rows = Imputation.objects.filter(clause__in=clauses, etat=Etat.TRANSMISE).order_by()
    # Their months apart: joined, those of the whole country are read.
    waiting = list(rows.values_list("declaration", flat=True).distinct()[:MOST_IDS])
    return list(Declaration.objects.filter(pk__in=waiting).order_by("mois", "pk").values_list("pk", flat=True))


def suivis(ranks, on: date, *, avec_parts: bool = True) -> list[dict]:
    """What the list prints of these ranks alone; `manque`: hours missing once the clause is over; `parts`: of each
    member of a group. Three queries, six with groups."""
    found = ClauseSociale.objects.with_suivi(on).for_cards().in_bulk([rank.pk for rank in ranks])
    parts = parts_des_groupements(found.values(), on) if avec_parts else {}
    rows = []
    for rank in ranks:
        clause = found.get(rank.pk)
        if clause is None:  # gone since it was ranked
            continue
        missing = clause.heures_dues_total - clause.heures_acceptees
        over = clause.date_fin < on and missing > 0
        rows.append(
            {
                "clause": clause,
                "allure": rank.allure,
                "manque": missing if over else None,
                "parts": parts.get(rank.pk, []),
            }
        )
    return rows


def a_traiter(acteur: Acteur, on: date) -> dict:
    """What waits for the facilitator besides the months to check. Twelve queries, whatever the number of rows."""
    followed = ClauseSociale.objects.followed_by(acteur).values("pk")
    people = Participant.objects.editable_by(acteur)
    ending = people.annotate(fin=Max("eligibilites__valable_au"))
    soon = on + timedelta(days=ELIGIBILITES_JOURS)
    points, late, exits = nombre_suivi(people, on)
    tasks = Tache.objects.filter(
        Q(clause__in=followed) | Q(convention__facilitateur__organisation=acteur.organisation_id), faite_le=None
    )
    tasks = tasks.filter(Q(echeance=None) | Q(echeance__lte=on + timedelta(days=TACHES_JOURS)))
    return {
        "mois_en_retard": Declaration.objects.visible_to(acteur).late(on).count(),
        "demandes": DemandeFacilitateur.objects.received_by(acteur).filter(traitee_le=None).count(),
        "eligibilites": ending.filter(sortie_le=None, fin__gte=on, fin__lte=soon).count(),
        "points": points,
        "points_en_retard": late,
        "sorties": exits,
        "ecarts": list(
            Ecart.objects.editable_by(acteur)
            .exclude(etape=EtapeEcart.CLOS)
            .select_related("clause__lot")
            .order_by("constate_le", "pk")[:MOST]
        ),
        "conventions": list(
            Convention.objects.filter(
                facilitateur__organisation=acteur.organisation_id,
                date_fin__gte=on,
                date_fin__lte=on + timedelta(days=CONVENTIONS_JOURS),
                signee_le__isnull=False,
                suites=None,
            ).order_by("date_fin", "pk")[:MOST]
        ),
        "passations": list(
            Passation.objects.filter(vers__organisation=acteur.organisation_id, acceptee=None).select_related(
                "clause__lot", "de__organisation"
            )[:MOST]
        ),
        "taches": list(tasks.select_related("clause__lot", "convention").order_by("echeance", "pk")[:MOST]),
    }


def parts_des_membres(clause: ClauseSociale, on: date) -> list[dict]:
    """Due, declared and accepted hours of each organisation that owes the clause, opening balances included.

    Hours due by all together come last, without an organisation; [] for a holder alone. Five queries.
    """
    owing = list(declarants(clause).order_by("nom_tri", "pk"))
    if len(owing) < 2:
        return []
    due = _by(HeuresDues.objects.filter(clause=clause, date_effet__lte=on), "membre")
    before = _by(RepriseHeures.objects.filter(clause=clause, arretee_au__lte=on), "organisation")
    rows = Imputation.objects.filter(clause=clause, declaration__mois__lte=on)
    counted = last_word(rows.filter(etat__in=[Etat.TRANSMISE, Etat.ACCEPTEE]))
    declared = _by(counted, "declaration__organisation")
    accepted = _by(rows.filter(etat=Etat.ACCEPTEE), "declaration__organisation")
    zero = Decimal(0)
    parts = [
        {
            "organisation": organisation,
            "dues": due.get(organisation.pk, zero),
            "declarees": declared.get(organisation.pk, zero) + before.get(organisation.pk, zero),
            "acceptees": accepted.get(organisation.pk, zero) + before.get(organisation.pk, zero),
        }
        for organisation in owing
    ]
    if due.get(None) or before.get(None):
        shared = before.get(None, zero)
        parts.append({"organisation": None, "dues": due.get(None, zero), "declarees": shared, "acceptees": shared})
    return parts


def parts_des_groupements(clauses, on: date) -> dict[int, list[dict]]:
    """{clause: due and accepted hours of each member of the group that owes it, opening balances included}.

    For the group contracts of a page alone: nothing for a holder by itself. Two queries without any, five with.
    """
    lots = {clause.lot_id: clause.pk for clause in clauses}
    members: dict[int, dict[int, str]] = defaultdict(dict)
    groups = MembreGroupement.objects.filter(groupement__lot__in=lots, groupement__retenu=True)
    holders = Titulaire.objects.filter(lot__in=lots)
    for rows, lot in ((groups, "groupement__lot"), (holders, "lot")):
        for key, organisation, name, number in rows.values_list(
            lot, "organisation", "organisation__denomination", "organisation__identifiant"
        ):
            members[lots[key]][organisation] = name or f"SIRET {number}"
    members = {pk: names for pk, names in members.items() if len(names) > 1}
    if not members:
        return {}
    due = _by_clause(HeuresDues.objects.filter(clause__in=members, date_effet__lte=on), "membre")
    done = Imputation.objects.filter(clause__in=members, etat=Etat.ACCEPTEE, declaration__mois__lte=on)
    accepted = _by_clause(done, "declaration__organisation")
    before = _by_clause(RepriseHeures.objects.filter(clause__in=members, arretee_au__lte=on), "organisation")
    zero = Decimal(0)
    return {
        pk: [
            {
                "nom": name,
                "dues": due.get((pk, organisation), zero),
                "acceptees": accepted.get((pk, organisation), zero) + before.get((pk, organisation), zero),
            }
            for organisation, name in sorted(names.items(), key=lambda item: fold(item[1]))
        ]
        for pk, names in members.items()
    }


def _by_clause(rows, key: str) -> dict[tuple[int, int | None], Decimal]:
    found = rows.order_by().values("clause", key).annotate(total=Sum("heures")).values_list("clause", key, "total")
    return {(clause, organisation): total for clause, organisation, total in found}


def _by(rows, key: str) -> dict[int | None, Decimal]:
    return dict(rows.order_by().values(key).annotate(total=Sum("heures")).values_list(key, "total"))
