"""A facilitator's page and the requests relayed to it, erased six months after they were dealt with."""

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clauses.models import DemandeFacilitateur, Facilitateur
from portal import mail
from portal.limites import spend
from portal.models import Envoi
from portal.permissions import Acteur, Role
from structures.actions.activites import declared, release
from structures.enums import NiveauLieu
from structures.lieux import Lieu
from structures.models import Membre
from structures.zones import make_zone

FROM_ONE, TO_ONE = 3, 30  # requests a day from one address, and from all addresses to one body
OPEN_DAYS = 366  # a request that nobody deals with does not stay for ever either


@transaction.atomic
def save_facilitateur(*, form) -> Facilitateur:
    """Save the page of a body and the places it covers; the circle of its zone, when there is one, stays."""
    facilitateur = form.instance
    former = facilitateur.zone_id
    circle = declared(facilitateur.zone).cercle
    places = [(str(lieu.niveau), lieu.code) for lieu in form.cleaned_data["territoire"]]
    if places or circle:
        facilitateur.zone = make_zone(
            places, centre=circle[:2] if circle else None, rayon_km=circle[2] if circle else None
        )
    else:
        facilitateur.zone = None
    form.save()
    if former != facilitateur.zone_id:
        release([former])
    return facilitateur


def may_ask(facilitateur: Facilitateur, courriel: str) -> bool:
    """Whether this address may write once more today: few from one sender, and no flood to one body."""
    return spend("demande-de", courriel.lower(), FROM_ONE) and spend("demande-a", facilitateur.pk, TO_ONE)


def readers(facilitateur: Facilitateur) -> list:
    """Who is told of a request: the people of the body, else its public address."""
    members = Membre.objects.active().filter(organisation=facilitateur.organisation_id, role=Role.FACILITATEUR)
    people = [member.user for member in members.select_related("user")]
    return people or [facilitateur.courriel]


@transaction.atomic
def ask(*, facilitateur: Facilitateur, demande: DemandeFacilitateur, lieu: Lieu | None, by: Acteur, on: date):
    """Keep a request and tell the body; a place larger than a commune is said in the text."""
    demande.facilitateur = facilitateur
    demande.a_effacer_le = on + timedelta(days=OPEN_DAYS)
    if not by.is_visitor:
        demande.user, demande.organisation = by.user, by.organisation
    if lieu and lieu.niveau == NiveauLieu.COMMUNE:
        demande.commune_id = lieu.code
    elif lieu:
        demande.texte = f"Territoire\u00a0: {lieu.libelle}.\n\n{demande.texte}"
    demande.save()
    mail.send("demande_facilitateur", readers(facilitateur), cle=_key(demande.pk), demande=demande)
    return demande


@transaction.atomic
def close_request(demande: DemandeFacilitateur, on: date) -> None:
    """Mark as dealt with; it is erased six months later. Closing it twice changes nothing."""
    if demande.traitee_le is None:
        demande.traitee_le = timezone.now()
        demande.a_effacer_le = on + timedelta(days=settings.ECHANGES_JOURS)
        demande.save(update_fields=["traitee_le", "a_effacer_le"])


@transaction.atomic
def purge_requests(on: date) -> int:
    """Erase the requests kept long enough, with the messages that spoke of them; how many requests."""
    gone = list(DemandeFacilitateur.objects.filter(a_effacer_le__lte=on).values_list("pk", flat=True))
    for start in range(0, len(gone), 500):
        some = gone[start : start + 500]
        Envoi.objects.filter(cle__in=[_key(pk) for pk in some]).delete()
        DemandeFacilitateur.objects.filter(pk__in=some).delete()
    return len(gone)


def _key(pk: int) -> str:
    return f"demande-facilitateur:{pk}"
