"""What a body has to know before it closes a year, and what was corrected of closed years since."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum

from clauses.enums import EtapeEcart, Etat
from clauses.models import ClauseSociale, Cloture, Declaration, Ecart, Facilitateur, Imputation
from clauses.rules import Reste
from clauses.stats.bilans import Perimetre, lignes_tardives
from clauses.stats.closes import Closes

ZERO = Decimal(0)


def perimetre(facilitateur: Facilitateur, annee: int) -> Perimetre:
    """Every clause that this body follows, over a year."""
    clauses = ClauseSociale.objects.filter(facilitateur=facilitateur)
    return Perimetre(clauses, date(annee, 1, 1), date(annee, 12, 31))


def annees(facilitateur: Facilitateur) -> tuple[int | None, int | None]:
    """The first and the last year with hours on the clauses of this body."""
    found = Declaration.objects.filter(clause__facilitateur=facilitateur).aggregate(first=Min("mois"), last=Max("mois"))
    return (found["first"].year, found["last"].year) if found["first"] else (None, None)


def reste(facilitateur: Facilitateur, annee: int) -> Reste:
    """What the year still holds unsettled; three queries."""
    rows = Imputation.objects.filter(clause__facilitateur=facilitateur, ligne__du__year=annee, remplacee_par=None)
    counted = rows.order_by().values_list("etat").annotate(Count("pk"), Sum("heures"))
    by_state: dict[Any, tuple[int, Decimal]] = {etat: (number, hours) for etat, number, hours in counted}
    empty = Declaration.objects.filter(clause__facilitateur=facilitateur, mois__year=annee, imputations=None)
    gaps = Ecart.objects.filter(clause__facilitateur=facilitateur, constate_le__year__lte=annee)
    sent = by_state.get(Etat.TRANSMISE, (0, ZERO))
    return Reste(
        transmises=sent[0],
        heures_transmises=round(sent[1], 2),
        brouillons=by_state.get(Etat.BROUILLON, (0, ZERO))[0],
        refusees=by_state.get(Etat.REFUSEE, (0, ZERO))[0],
        mois_vides=empty.count(),
        ecarts=gaps.filter(~Q(etape=EtapeEcart.CLOS)).count(),
    )


Corrections = dict[tuple[int, int], list[tuple[int, Decimal]]]


def corrections(facilitateur: Facilitateur) -> Corrections:
    """(body that closed, closed year) → [(year where they count, hours)]: what was corrected of it since on the clauses
    that this body follows today; {} when nothing was."""
    whole = Perimetre(ClauseSociale.objects.filter(facilitateur=facilitateur), date.min, date.max)
    found: dict[tuple[int, int], dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lignes_tardives(whole):
        for day, move in line.mouvements:
            if day.year != line.mois.year and line.close_par is not None:
                found[line.close_par, line.mois.year][day.year] += move.heures
    return {key: sorted((where, round(hours, 2)) for where, hours in moves.items()) for key, moves in found.items()}


@dataclass(frozen=True)
class Recue:
    """A year closed by another body for clauses that this one follows today."""

    cloture: Cloture
    clauses: int
    corrections: list[tuple[int, Decimal]]


def recues(facilitateur: Facilitateur, since: Corrections) -> list[Recue]:
    """Years that came with the clauses handed over to this body, the last one first."""
    followed = ClauseSociale.objects.filter(facilitateur=facilitateur, passations__acceptee=True).order_by()
    counted: dict[tuple[int, int], set[int]] = defaultdict(set)
    for body, year, clause in Closes(followed.values("pk")).par_organisme():
        if clause and body != facilitateur.pk:
            counted[body, year].add(clause)
    rows = Cloture.objects.filter(facilitateur__in={body for body, _ in counted}, annee__in={y for _, y in counted})
    rows = rows.select_related("facilitateur__organisation").order_by("-annee", "pk")
    return [
        Recue(row, len(counted[key]), since.get(key, []))
        for row in rows
        if (key := (row.facilitateur_id, row.annee)) in counted
    ]


def closes(facilitateur: Facilitateur) -> dict[int, datetime]:
    """Year → moment it was closed."""
    return dict(Cloture.objects.filter(facilitateur=facilitateur).values_list("annee", "close_le"))
