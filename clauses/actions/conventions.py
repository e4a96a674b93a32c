"""Conventions: saved with their parties and services; what they settle for a clause; reminders before they end."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from clauses import parametres
from clauses.models import ClauseSociale, Convention, Facilitateur, PartieConvention, ServiceConvention
from marches.notifications.reconductions import palier
from marches.rules.dates import add_months
from portal import mail
from portal.permissions import Acteur, Role
from structures.actions.activites import release
from structures.models import Membre
from structures.zones import make_zone


@dataclass(frozen=True)
class ParametresClause:
    """What the parties settled, or the default of the portal: months, months, day of the following month."""

    eligibilite_mois: int
    cdi_mois: int
    jour_declaration: int
    convention: Convention | None = None


def parametres_of(clause: ClauseSociale, on: date) -> ParametresClause:
    """The parameters of a clause on the day `on`: those of the signed convention in force between its facilitator and
    its buyer, the latest begun first, else the dated defaults. One query."""
    signed = Convention.objects.in_force(on).filter(facilitateur=clause.facilitateur_id)
    found = signed.filter(parties__acheteur=clause.lot.marche.acheteur_id).order_by("-date_debut", "-pk").first()
    names = ("eligibilite_mois", "cdi_mois", "jour_declaration")
    settled = {name: getattr(found, name, None) or int(parametres.seuil(name, on)) for name in names}
    return ParametresClause(convention=found, **settled)


@transaction.atomic
def save_convention(*, form, facilitateur: Facilitateur, by: Acteur) -> Convention:
    """Save a convention, its parties and its services; the progress of a service that stays is kept."""
    convention, data = form.instance, form.cleaned_data
    former = convention.zone_id
    convention.facilitateur = facilitateur
    places = [(str(lieu.niveau), lieu.code) for lieu in data["territoire"]]
    convention.zone = make_zone(places) if places else None
    convention._history_user, convention._change_reason = by.user, "saisie"
    form.save()
    convention.parties.exclude(acheteur__in=data["acheteurs"]).delete()
    for acheteur in data["acheteurs"]:
        PartieConvention.objects.get_or_create(convention=convention, acheteur=acheteur)
    convention.services.exclude(service__in=data["services"]).delete()
    for service in data["services"]:
        ServiceConvention.objects.get_or_create(convention=convention, service=service)
    if former != convention.zone_id:
        release([former])
    return convention


def rappeler(on: date) -> int:
    """Queue the reminders of conventions that end in 6, 3 or 1 month, to the body and its buyers; how many messages.

    A convention that another one already follows is not recalled. Running it twice sends nothing more.
    """
    sent = 0
    ending = Convention.objects.in_force(on).filter(suites=None, date_fin__lte=add_months(on, 7))
    for convention in ending.select_related("facilitateur").prefetch_related("parties__acheteur"):
        step = palier(convention.date_fin, on)
        if step is None:
            continue
        bodies = {convention.facilitateur.organisation_id: Role.FACILITATEUR}
        bodies |= {partie.acheteur.organisation_id: Role.ACHETEUR for partie in convention.parties.all()}
        members = Membre.objects.active().filter(organisation__in=bodies).select_related("user")
        people = [member.user for member in members if member.role == bodies[member.organisation_id]]
        key = f"convention:{convention.pk}:{convention.date_fin.isoformat()}:{step}"
        sent += len(mail.send("rappel_convention", people, cle=key, convention=convention, mois=step))
    return sent
