"""Clauses and the hours they owe."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum

from clauses.enums import OrigineHeures
from clauses.models import (
    ClauseSociale,
    Facilitateur,
    HeuresDues,
)
from portal.permissions import Acteur
from portal.templatetags.formats import heures as h
from structures.models import Organisation

ZERO = Decimal(0)


@transaction.atomic
def create_clause(
    *, lot, facilitateur: Facilitateur, heures, date_debut, date_fin, by: Acteur, calcul=None, motif="", **fields
):
    """A clause with its first hours due; `calcul` keeps what the figure rests on (plain JSON values)."""
    clause = ClauseSociale(
        lot=lot, facilitateur=facilitateur, date_debut=date_debut, date_fin=date_fin, calcul=calcul or {}, **fields
    )
    _save_with_history(clause, by, "creation")
    add_heures_dues(clause, heures=heures, date_effet=date_debut, origine=OrigineHeures.INITIAL, motif=motif, by=by)
    return clause


@transaction.atomic
def create_clauses(demandes: Iterable[Mapping[str, Any]], *, facilitateur: Facilitateur, by: Acteur):
    """Several clauses at once, one a lot, all or none; each of `demandes` is what `create_clause` takes."""
    return [create_clause(facilitateur=facilitateur, by=by, **demande) for demande in demandes]


@transaction.atomic
def add_heures_dues(
    clause, *, heures, date_effet, origine, by: Acteur, motif="", membre=None, periode_debut=None, periode_fin=None
) -> HeuresDues:
    """Hours due more (or less, by an amendment) from a day on; what is due in all never falls under 0."""
    ClauseSociale.objects.select_for_update().get(pk=clause.pk)
    due = clause.heures_dues.aggregate(total=Sum("heures"))["total"] or ZERO
    if round(due + heures, 2) < 0:
        raise ValidationError(f"La clause ne doit que {h(due)}\u00a0: on ne peut en retirer {h(-heures)}.")
    row = HeuresDues(
        clause=clause, heures=heures, date_effet=date_effet, origine=origine, motif=motif, membre=membre,
        periode_debut=periode_debut, periode_fin=periode_fin,
    )  # fmt: skip
    row.full_clean()
    row.save()
    _save_with_history(clause, by, f"heures_{origine}")
    return row


def declarants(clause):
    """Organisations that declare for this clause: holders of the lot and members of the group that won it."""
    held = clause.lot.titulaires.values("organisation")
    joined = clause.lot.groupements.filter(retenu=True).values("membres__organisation")
    return Organisation.objects.filter(pk__in=held) | Organisation.objects.filter(pk__in=joined)


def _save_with_history(clause, by: Acteur, reason: str) -> None:
    clause._history_user, clause._change_reason = by.user, reason
    clause.full_clean(exclude=["calcul"])
    clause.save()
