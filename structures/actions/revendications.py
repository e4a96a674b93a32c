"""Claims: somebody says a card is theirs, and proves it or is answered by those who know."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from portal import mail
from portal.models import User
from portal.permissions import Acteur, Role
from structures import domaines
from structures.enums import EtatDemande
from structures.models import Membre, Organisation, Revendication, Structure
from structures.models.usages import new_token

LINK_LASTS = timedelta(days=7)
PENDING = (EtatDemande.A_CONFIRMER, EtatDemande.EN_ATTENTE)
WITHOUT_ORGANISATION = (
    "Cette fiche n'a pas de SIRET\u00a0: rattachez-la d'abord à une organisation dans l'arrière-guichet, puis acceptez."
)


def pending_of(structure: Structure, user) -> Revendication | None:
    return Revendication.objects.filter(structure=structure, user=user, etat__in=PENDING).first()


def membership(structure: Structure, user) -> Membre | None:
    """The active membership by which `user` acts for this structure."""
    mine = Membre.objects.active().filter(user=user, organisation=structure.organisation_id or 0, role=Role.STRUCTURE)
    return mine.first()


def is_member(structure: Structure, user) -> bool:
    return membership(structure, user) is not None


def claim(*, structure: Structure, user, siret: str, courriel: str, fonction: str, message: str) -> Revendication:
    """Record a claim, one pending for each card and user: the one already there is given back.

    The e-mail proves by itself only where the card has an organisation to join; otherwise those who answer claims are
    told.
    """
    direct = structure.organisation_id is not None and domaines.proves(
        courriel, courriel=structure.courriel, site=structure.site
    )
    try:
        with transaction.atomic():
            demande = Revendication.objects.create(
                structure=structure, user=user, siret=siret, courriel=courriel, fonction=fonction, message=message,
                etat=EtatDemande.A_CONFIRMER if direct else EtatDemande.EN_ATTENTE,
            )  # fmt: skip
            if direct:
                send_link(demande)
            else:
                _tell_deciders(demande)
    except IntegrityError:  # two clicks: the first one counts
        known = pending_of(structure, user)
        if known is None:
            raise
        return known
    return demande


def send_link(demande: Revendication) -> None:
    mail.send("revendication_lien", demande.courriel, structure=demande.structure, jeton=demande.jeton)


@transaction.atomic
def renew_link(demande: Revendication) -> None:
    """Send the link again, under a new token: the former one stops working."""
    demande.jeton, demande.cree_le = new_token(), timezone.now()
    demande.save(update_fields=["jeton", "cree_le"])
    send_link(demande)


def is_link_over(demande: Revendication, now) -> bool:
    return demande.etat == EtatDemande.A_CONFIRMER and demande.cree_le + LINK_LASTS < now


@transaction.atomic
def confirm(demande: Revendication, now) -> Membre | None:
    """The link was followed by the claimant: they become a member at once. None when it is too late.

    ValidationError when the card lost its organisation in between.
    """
    demande = Revendication.objects.select_for_update().get(pk=demande.pk)
    if demande.etat == EtatDemande.ACCEPTEE:
        return membership(demande.structure, demande.user)
    if demande.etat != EtatDemande.A_CONFIRMER or is_link_over(demande, now):
        return None
    membre = _join(demande)
    _close(demande, EtatDemande.ACCEPTEE, now)
    return membre


@transaction.atomic
def accept(demande: Revendication, *, by: Acteur, now) -> bool:
    """Accept a waiting claim; False when somebody answered meanwhile. ValidationError without organisation to join."""
    demande = Revendication.objects.select_for_update().get(pk=demande.pk)
    if demande.etat != EtatDemande.EN_ATTENTE:
        return False
    _join(demande)
    _close(demande, EtatDemande.ACCEPTEE, now, by)
    mail.send("revendication_acceptee", demande.user, structure=demande.structure)
    return True


@transaction.atomic
def refuse(demande: Revendication, *, motif: str, by: Acteur, now) -> bool:
    """Refuse a waiting claim with its reason; False when somebody answered meanwhile."""
    demande = Revendication.objects.select_for_update().get(pk=demande.pk)
    if demande.etat != EtatDemande.EN_ATTENTE:
        return False
    demande.motif = motif
    _close(demande, EtatDemande.REFUSEE, now, by)
    mail.send("revendication_refusee", demande.user, structure=demande.structure, motif=motif)
    return True


def give_up(demande: Revendication) -> None:
    """The claimant withdraws: nothing remains."""
    Revendication.objects.filter(pk=demande.pk, etat__in=PENDING).delete()


def deciders(structure: Structure):
    """Who answers a claim on this card: its members, else the staff of its networks and the administration."""
    everyone = {"is_active": True, "membres__actif": True}
    if structure.organisation_id:
        mine = {"membres__role": Role.STRUCTURE, "membres__organisation": structure.organisation_id}
        members = User.objects.filter(**everyone, **mine).distinct()
        if members.exists():
            return members
    networks = Organisation.objects.filter(reseau__structures=structure)
    above = Q(membres__role=Role.RESEAU, membres__organisation__in=networks) | Q(membres__role=Role.ADMINISTRATION)
    return User.objects.filter(above, **everyone).distinct()


def add_member(user, organisation_id: int, role: str) -> Membre:
    """Make `user` an active member under `role`, or open again a membership that was closed."""
    membre, is_new = Membre.objects.get_or_create(user=user, organisation_id=organisation_id, role=role)
    if not is_new and not membre.actif:
        membre.actif = True
        membre.save(update_fields=["actif"])
    return membre


def _join(demande: Revendication) -> Membre:
    if demande.structure.organisation_id is None:
        raise ValidationError(WITHOUT_ORGANISATION)
    user = demande.user
    if demande.fonction and not user.fonction:  # colleagues read it on the page of the team
        user.fonction = demande.fonction
        user.save(update_fields=["fonction"])
    return add_member(user, demande.structure.organisation_id, Role.STRUCTURE)


def _close(demande: Revendication, etat: str, now, by: Acteur | None = None) -> None:
    demande.etat, demande.decidee_le = etat, now
    demande.decidee_par = by.user if by else None
    demande.save()


def _tell_deciders(demande: Revendication) -> None:
    mail.send("revendication_a_traiter", deciders(demande.structure), structure=demande.structure)
