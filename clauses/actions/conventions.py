"""Conventions: saved with their parties and services; reminders before they end."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from clauses.models import Convention, Facilitateur, PartieConvention, ServiceConvention
from clauses.rules.conventions import limite_denonciation
from marches.models import Acheteur
from marches.notifications.reconductions import palier
from marches.rules.dates import add_months
from portal import mail
from portal.permissions import Acteur, Role
from structures.actions.activites import release
from structures.models import Membre
from structures.zones import make_zone

HORIZON = 31  # months: the longest notice and the first reminder, one more for the last days of a month


@transaction.atomic
def save_convention(
    *, form, parties: list[tuple[Acheteur, Decimal | None]], facilitateur: Facilitateur, by: Acteur
) -> Convention:
    """Save a convention, its parties with their share in euros a year and its services; the progress of a service that
    stays is kept."""
    convention, data = form.instance, form.cleaned_data
    former = convention.zone_id
    convention.facilitateur = facilitateur
    places = [(str(lieu.niveau), lieu.code) for lieu in data["territoire"]]
    convention.zone = make_zone(places) if places else None
    convention._history_user, convention._change_reason = by.user, "saisie"
    form.save()
    convention.parties.exclude(acheteur__in=[acheteur for acheteur, _ in parties]).delete()
    for acheteur, share in parties:
        PartieConvention.objects.update_or_create(
            convention=convention, acheteur=acheteur, defaults={"contribution_an": share}
        )
    convention.services.exclude(service__in=data["services"]).delete()
    for service in data["services"]:
        ServiceConvention.objects.get_or_create(convention=convention, service=service)
    if former != convention.zone_id:
        release([former])
    return convention


def rappeler(on: date) -> int:
    """Queue the reminders of conventions that end in 6, 3 or 1 month, to the body and its buyers; how many messages.

    A tacit one is recalled as long before the last day on which it may be denounced.
    A convention that another one already follows is not recalled. Running it twice sends nothing more.
    """
    sent = 0
    ending = Convention.objects.in_force(on).filter(suites=None, date_fin__lte=add_months(on, HORIZON))
    for convention in ending.select_related("facilitateur").prefetch_related("parties__acheteur"):
        day = convention.date_fin
        if convention.tacite:
            day = limite_denonciation(day, convention.preavis_mois)
        step = palier(day, on)
        if step is None:
            continue
        bodies = {convention.facilitateur.organisation_id: Role.FACILITATEUR}
        bodies |= {partie.acheteur.organisation_id: Role.ACHETEUR for partie in convention.parties.all()}
        members = Membre.objects.active().filter(organisation__in=bodies).select_related("user")
        people = [member.user for member in members if member.role == bodies[member.organisation_id]]
        key = f"convention:{convention.pk}:{convention.date_fin.isoformat()}:{step}"
        sent += len(mail.send("rappel_convention", people, cle=key, convention=convention, le=day, mois=step))
    return sent
