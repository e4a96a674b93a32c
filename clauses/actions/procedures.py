"""The calendar of a procedure: opened by the buyer, its steps said done by who does them."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from clauses.enums import EtapeProcedure
from clauses.models import CalendrierProcedure, EtapeFaite
from clauses.notifications import procedures as notifications
from marches.models import Marche
from portal.permissions import Acteur, Role
from portal.templatetags.formats import jour


@transaction.atomic
def regler(*, marche: Marche, values: dict, by: Acteur) -> CalendrierProcedure:
    """Open the calendar of a contract or change what it aims at; a facilitator newly named is told."""
    Marche.objects.select_for_update().only("pk").get(pk=marche.pk)
    row = CalendrierProcedure.objects.filter(marche=marche).first() or CalendrierProcedure(marche=marche)
    before = row.facilitateur_id
    row.notification_le, row.formalisee, row.par = values["notification_le"], values["formalisee"], by.user
    row.facilitateur = values["facilitateur"]
    row.save()
    if row.facilitateur_id and row.facilitateur_id != before:
        notifications.tell_facilitator(row)
    return row


@transaction.atomic
def noter(
    *, calendrier: CalendrierProcedure, etape: EtapeProcedure, faite_le: date, by: Acteur, on: date
) -> EtapeFaite:
    """Say that a step is over; a ValidationError for a day to come, or a step that is the other side's."""
    _check(etape, by)
    if faite_le > on:
        raise ValidationError(f"Ce jour n'est pas encore venu\u00a0: au plus tard le {jour(on)}.")
    row, _ = EtapeFaite.objects.update_or_create(
        calendrier=calendrier, etape=etape, defaults={"faite_le": faite_le, "par": by.user}
    )
    calendrier.save(update_fields=["modifie_le"])
    return row


@transaction.atomic
def reprendre(*, calendrier: CalendrierProcedure, etape: EtapeProcedure, by: Acteur) -> None:
    """Say that a step is not over after all."""
    _check(etape, by)
    calendrier.etapes.filter(etape=etape).delete()
    calendrier.save(update_fields=["modifie_le"])


def _check(etape: EtapeProcedure, by: Acteur) -> None:
    if etape.du_facilitateur != by.has(Role.FACILITATEUR):
        raise ValidationError("Cette étape revient à l'autre partie\u00a0: elle la notera elle-même.")
