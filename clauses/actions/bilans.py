"""Reports signed, hours attested, years closed: figures that never change again."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from clauses import stats
from clauses.enums import PorteeBilan
from clauses.models import Bilan, ClauseSociale, Facilitateur
from clauses.rules import signature_possible
from clauses.stats.perimetres import Sujet
from portal.permissions import Acteur


@transaction.atomic
def signer(sujet: Sujet, du: date, au: date, *, facilitateur: Facilitateur, by: Acteur) -> Bilan:
    """Freeze the figures of a report as they are now. A later one may be signed beside it; none ever changes.

    ValidationError when its period has not begun.
    """
    on = timezone.localdate()
    verdict = signature_possible(du, au, on)
    if verdict.is_blocking:
        raise ValidationError(f"{verdict.reason} {verdict.remede}")
    found: dict[str, Any] = stats.chiffres(sujet.perimetre(du, au), on)
    if sujet.portee == PorteeBilan.ACHETEUR:
        buyer = ClauseSociale.objects.filter(lot__marche__acheteur__organisation=int(sujet.objet))
        # Alone on this buyer, its figures are those that the buyer reads: one cannot be taken from the other.
        found["seul"] = not buyer.exclude(facilitateur=facilitateur).exists()
    return Bilan.objects.create(
        facilitateur=facilitateur,
        portee=sujet.portee,
        objet=sujet.objet,
        libelle=sujet.libelle[:300],
        du=du,
        au=au,
        chiffres=found,
        signe_par=by.user,
    )
