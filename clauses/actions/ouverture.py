"""Months that open by themselves, and those who are late with them. Everything here may be run twice."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from django.db import transaction

from clauses.models import ClauseSociale, Declaration, RepriseHeures
from clauses.notifications import heures as notifications
from clauses.rules import dernier_du_mois, premier_du_mois
from marches.models import MembreGroupement, Titulaire
from marches.rules import add_months
from structures.models import Organisation

LOOK_BACK = 12  # months in which a month that was missed is still opened
BLOCK = 1_000  # clauses at once


@transaction.atomic
def ouvrir_mois(on: date) -> int:
    """Open the month that has just ended for each organisation that owes a clause followed by somebody; how many.

    A month missed since the last one opened is opened as well; hours of an opening balance are not declared again.
    """
    last = add_months(premier_du_mois(on), -1)
    clauses = ClauseSociale.objects.filter(
        facilitateur__isnull=False, date_debut__lte=dernier_du_mois(last), date_fin__gte=add_months(last, -LOOK_BACK)
    )
    number = 0
    ids = list(clauses.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BLOCK):
        number += _open_block(ids[start : start + BLOCK], last)
    return number


def rappeler_retards(on: date) -> int:
    """Write once a month to the organisations whose declarations are late; how many messages."""
    late = Declaration.objects.late(on).select_related("organisation", "clause__lot__marche").order_by("mois", "pk")
    by_organisation: dict[Organisation, list[Declaration]] = defaultdict(list)
    for declaration in late:
        by_organisation[declaration.organisation].append(declaration)
    return sum(len(notifications.late(organisation, rows, on)) for organisation, rows in by_organisation.items())


# Inside ---------------------------------------------------------------------------------------------------------------
def _open_block(ids: list[int], last: date) -> int:
    """Six queries, whatever the number of clauses in the block."""
    clauses = ClauseSociale.objects.only("pk", "lot", "date_debut", "date_fin").in_bulk(ids)
    owing = _owing({clause.lot_id for clause in clauses.values()})
    opened: dict[tuple[int, int], date] = {}
    for clause, organisation, mois in Declaration.objects.filter(
        clause__in=ids, mois__gte=add_months(last, -LOOK_BACK)
    ).values_list("clause", "organisation", "mois"):
        opened[clause, organisation] = max(opened.get((clause, organisation), mois), mois)
    settled = _settled(ids)
    rows = [
        Declaration(clause=clause, organisation_id=organisation, mois=mois)
        for clause in clauses.values()
        for organisation in owing[clause.lot_id]
        for mois in _missing(clause, opened.get((clause.pk, organisation)), last)
        if dernier_du_mois(mois) > max(settled[clause.pk, organisation], settled[clause.pk, None])
    ]
    Declaration.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _missing(clause: ClauseSociale, latest: date | None, last: date) -> Iterator[date]:
    """The months to open: the last one, and those between the latest opened and it, inside the clause."""
    mois = add_months(latest, 1) if latest else last
    while mois <= last:
        if clause.date_debut <= dernier_du_mois(mois) and mois <= clause.date_fin:
            yield mois
        mois = add_months(mois, 1)


def _owing(lots: set[int]) -> dict[int, set[int]]:
    """{lot: organisations that declare}: holders, and members of the group that won it."""
    found = defaultdict(set)
    for lot, organisation in Titulaire.objects.filter(lot__in=lots).values_list("lot", "organisation"):
        found[lot].add(organisation)
    joined = MembreGroupement.objects.filter(groupement__lot__in=lots, groupement__retenu=True)
    for lot, organisation in joined.values_list("groupement__lot", "organisation"):
        found[lot].add(organisation)
    return found


def _settled(ids: list[int]) -> dict[tuple[int, int | None], date]:
    """{(clause, organisation or None for all): last day of its opening balance}."""
    found: dict[tuple[int, int | None], date] = defaultdict(lambda: date.min)
    rows = RepriseHeures.objects.filter(clause__in=ids).values_list("clause", "organisation", "arretee_au")
    for clause, organisation, day in rows:
        found[clause, organisation] = day
    return found
