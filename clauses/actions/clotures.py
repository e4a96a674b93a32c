"""A year closed by a facilitator's body, once and for all."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from clauses import stats
from clauses.models import Cloture, Facilitateur
from clauses.rules import cloture_possible
from clauses.stats import clotures
from portal.permissions import Acteur


@transaction.atomic
def clore(facilitateur: Facilitateur, annee: int, *, on: date, by: Acteur) -> Cloture:
    """Close the year and freeze its figures; ValidationError says why it may not be closed.

    The row comes first: whatever is accepted from that moment on counts in a later year, also for these figures.
    """
    # Two colleagues press at the same moment, or somebody is accepting a line (`hold_years`): one after the other.
    body = Facilitateur.objects.select_for_update(no_key=True).get(pk=facilitateur.pk)
    first, _ = clotures.annees(body)
    verdict = cloture_possible(annee, on, closes=clotures.closes(body).keys(), premiere=first)
    if verdict.is_blocking:
        raise ValidationError(f"{verdict.reason} {verdict.remede}".strip())
    row = Cloture.objects.create(facilitateur=body, annee=annee, close_par=by.user)
    row.chiffres = stats.chiffres(clotures.perimetre(body, annee), on)
    row.save(update_fields=["chiffres"])
    return row
