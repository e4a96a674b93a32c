"""Counts of clauses and hours, as plain values."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.db.models.functions import ExtractYear

from clauses.enums import Etat
from clauses.models import ClauseSociale, HeuresDues, Imputation, RepriseHeures
from clauses.querysets import last_word


@dataclass(frozen=True)
class Totaux:
    """Hours of a set of clauses on a day, 2 places."""

    dues: Decimal
    declarees: Decimal
    acceptees: Decimal


def hours_accepted_total() -> Decimal:
    """Every accepted hour of the portal, opening balances included: for the home page. Two queries."""
    return _hours(Imputation.objects.filter(etat=Etat.ACCEPTEE)) + _hours(RepriseHeures.objects.all())


def totaux(clauses, on: date) -> Totaux:
    """Due, declared and accepted hours of a queryset of clauses; opening balances are both. Four queries."""
    ids = clauses.order_by().values("pk")
    rows = Imputation.objects.filter(clause__in=ids, declaration__mois__lte=on)
    before = _hours(RepriseHeures.objects.filter(clause__in=ids, arretee_au__lte=on))
    return Totaux(
        _hours(HeuresDues.objects.filter(clause__in=ids, date_effet__lte=on)),
        _hours(_declared(rows)) + before,
        _hours(rows.filter(etat=Etat.ACCEPTEE)) + before,
    )


def par_annee(clauses) -> list[dict]:
    """By year: `annee`, `dues` (from the day they took effect), `declarees`, `acceptees` (by month worked).

    An opening balance counts in the year it was drawn up.
    """
    ids = clauses.order_by().values("pk")
    rows = Imputation.objects.filter(clause__in=ids)
    before = _by_year(RepriseHeures.objects.filter(clause__in=ids), "arretee_au")
    columns = {
        "dues": _by_year(HeuresDues.objects.filter(clause__in=ids), "date_effet"),
        "declarees": _by_year(_declared(rows), "declaration__mois"),
        "acceptees": _by_year(rows.filter(etat=Etat.ACCEPTEE), "declaration__mois"),
    }
    for name in ("declarees", "acceptees"):
        for year, hours in before.items():
            columns[name][year] = columns[name].get(year, Decimal(0)) + hours
    years = sorted({year for column in columns.values() for year in column})
    return [
        {"annee": year} | {name: column.get(year, Decimal(0)) for name, column in columns.items()} for year in years
    ]


def par_mois(clauses) -> dict[date, Decimal]:
    """Accepted hours by month worked."""
    rows = Imputation.objects.filter(clause__in=clauses.order_by().values("pk"), etat=Etat.ACCEPTEE)
    months = rows.order_by("declaration__mois").values("declaration__mois").annotate(total=Sum("heures"))
    return dict(months.values_list("declaration__mois", "total"))


def nombre_personnes(clauses, *, chez: int | None = None) -> int:
    """People with an accepted hour, exact: all for the facilitator alone; for an organisation (`chez`) those it
    declares or employs. Erased people are no longer counted."""
    rows = Imputation.objects.filter(clause__in=clauses.order_by().values("pk"), etat=Etat.ACCEPTEE)
    if chez is not None:
        rows = rows.filter(Q(declaration__organisation=chez) | Q(ligne__employeur=chez))
    return rows.aggregate(people=Count("ligne__affectation__participant", distinct=True))["people"]


def clauses_count() -> int:
    return ClauseSociale.objects.count()


def _declared(rows):
    """Sent or accepted; a correction sent counts for the accepted line it corrects."""
    return last_word(rows.filter(etat__in=[Etat.TRANSMISE, Etat.ACCEPTEE]))


def _hours(rows) -> Decimal:
    return round(rows.aggregate(total=Sum("heures"))["total"] or Decimal(0), 2)


def _by_year(rows, day: str) -> dict[int, Decimal]:
    years = rows.order_by().annotate(annee=ExtractYear(day)).values("annee").annotate(total=Sum("heures"))
    return {row["annee"]: round(row["total"], 2) for row in years}
