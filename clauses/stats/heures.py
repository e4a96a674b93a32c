"""Counts of clauses and hours, as plain values."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, Sum

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
