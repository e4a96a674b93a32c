"""Conventions: saved with their parties and services; what they settle for a clause; reminders before they end."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from clauses import parametres
from clauses.models import ClauseSociale, Convention, Facilitateur, PartieConvention, ServiceConvention
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
    found = conventions_for(clause.facilitateur, clause.lot.marche.acheteur).in_force(on).first()
    return regles_of(found, on)


def conventions_for(facilitateur: Facilitateur | None, acheteur: Acheteur):
    """Conventions between this body and this buyer, the latest begun first; none without a body."""
    rows = Convention.objects.filter(facilitateur=facilitateur) if facilitateur else Convention.objects.none()
    return rows.filter(parties__acheteur=acheteur).order_by("-date_debut", "-pk")


def regles_of(convention: Convention | None, on: date) -> ParametresClause:
    """What this convention settles, the defaults of the day `on` for what it leaves open."""
    names = ("eligibilite_mois", "cdi_mois", "jour_declaration")
    settled = {name: getattr(convention, name, None) or int(parametres.seuil(name, on)) for name in names}
    return ParametresClause(convention=convention, **settled)


def duree_eligibilite(facilitateur: Facilitateur, critere: str, on: date) -> int | None:
    """Months for which an eligibility on this criterion is given by default: the row of the criterion, else what the
    signed conventions of the body settle when they all agree, else the common row. One query at most.

    None: nothing can be supposed, as the evidence tells the end or the conventions differ.
    """
    own = parametres.eligibilite_mois(critere, on)
    if own is not None:
        return own or None
    agreed = durees_convenues(facilitateur, on)
    if len(agreed) > 1:
        return None
    return agreed[0] if agreed else int(parametres.seuil("eligibilite_mois", on))


def durees_convenues(facilitateur: Facilitateur, on: date) -> list[int]:
    """The durations of eligibility, in months, that the conventions of this body in force settle; each once."""
    signed = Convention.objects.in_force(on).filter(facilitateur=facilitateur).exclude(eligibilite_mois=None)
    return sorted(set(signed.values_list("eligibilite_mois", flat=True)))


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
