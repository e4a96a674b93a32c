"""Open posts of a site, sent to the services that send people; nothing about a person, ever."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from clauses.models import Poste
from clauses.notifications import postes as notifications


@transaction.atomic
def diffuser(poste: Poste, *, on: date) -> int:
    """Send a post once to the facilitator's services that take them; how many were written to."""
    fresh = Poste.objects.select_for_update(of=("self",)).select_related("clause__facilitateur").get(pk=poste.pk)
    if fresh.clos_le:
        raise ValidationError("Ce poste est clos.")
    services = list(fresh.clause.facilitateur.prescripteurs.filter(actif=True))
    if not services:
        raise ValidationError("Votre liste de prescripteurs est vide\u00a0: ajoutez d'abord un service.")
    sent = notifications.opened(fresh, services)
    fresh.publie_le = fresh.publie_le or on
    fresh.save(update_fields=["publie_le"])
    return len(sent)


@transaction.atomic
def pourvoir(poste: Poste, *, pourvus: int, on: date) -> Poste:
    """How many are filled; the post closes by itself when all are, and opens again below."""
    fresh = Poste.objects.select_for_update().get(pk=poste.pk)
    if not 0 <= pourvus <= fresh.nombre:
        raise ValidationError(f"Écrivez un nombre de 0 à {fresh.nombre}.")
    fresh.pourvus = pourvus
    fresh.clos_le = (fresh.clos_le or on) if pourvus == fresh.nombre else None
    fresh.save(update_fields=["pourvus", "clos_le"])
    return fresh


@transaction.atomic
def clore(poste: Poste, *, on: date) -> Poste:
    """No longer offered, filled or not."""
    fresh = Poste.objects.select_for_update().get(pk=poste.pk)
    fresh.clos_le = fresh.clos_le or on
    fresh.save(update_fields=["clos_le"])
    return fresh
