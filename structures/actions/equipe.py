"""Colleagues: invited by e-mail, joining by a link that works once, leaving by themselves or removed by another."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal import mail
from portal.permissions import Acteur, Role
from structures.actions.revendications import add_member
from structures.models import Invitation, Membre, Organisation
from structures.models.organisations import profil_pour

LINK_LASTS = timedelta(days=14)


@transaction.atomic
def invite(
    *,
    courriel: str,
    by: Acteur,
    organisation: Organisation | None = None,
    role: Role | None = None,
    motif: str = "",
) -> Invitation:
    """Invite an address under the role of the inviter; an invitation still open is renewed rather than doubled.

    Another `organisation` and `role` are for those who may bring somebody in: upper floors say when, and the `motif`
    that the message gives (« déclarer les heures… »).
    """
    organisation, role = organisation or by.organisation, role or by.role
    expire = timezone.now() + LINK_LASTS
    known = Invitation.objects.select_for_update().filter(
        organisation=organisation, role=role, courriel=courriel, acceptee_le=None
    )
    invitation = known.first()
    if invitation:
        invitation.expire_le, invitation.par = expire, by.user
        invitation.save(update_fields=["expire_le", "par"])
    else:
        invitation = Invitation.objects.create(
            organisation=organisation, role=role, courriel=courriel, par=by.user, expire_le=expire
        )
    mail.send(
        "invitation", courriel, organisation=organisation, role=profil_pour(role, organisation), jeton=invitation.jeton,
        expire_le=expire, par=by.organisation, motif=motif,
    )  # fmt: skip
    return invitation


@transaction.atomic
def accept(invitation: Invitation, user, now) -> Membre | None:
    """Join the organisation; None when the link was used, withdrawn or is too old."""
    fresh = Invitation.objects.select_for_update().filter(pk=invitation.pk, acceptee_le=None, expire_le__gt=now)
    found = fresh.first()
    if found is None:
        return None
    found.acceptee_le = now
    found.save(update_fields=["acceptee_le"])
    return add_member(user, found.organisation_id, found.role)


def belongs(user, invitation: Invitation) -> bool:
    """Whether `user` already acts for the inviting organisation under the invited role."""
    same = Membre.objects.active().filter(organisation=invitation.organisation_id, role=invitation.role)
    return same.filter(user=user).exists()


def leave(membre: Membre) -> None:
    membre.actif = False
    membre.save(update_fields=["actif"])


def removable_by(acteur: Acteur) -> QuerySet[Membre]:
    """The colleagues this `Acteur` may remove: those it could invite, of its organisation and its role; never itself,
    so that one person always remains."""
    others = Membre.objects.active().with_genre().exclude(user=acteur.user)
    return others.filter(organisation=acteur.organisation_id or 0, role=acteur.role or "")


@transaction.atomic
def remove(membre: Membre, *, by: Acteur) -> bool:
    """Take a colleague out of the team, and tell them; False when one of the two has left it meanwhile."""
    team = Membre.objects.select_for_update().filter(organisation=membre.organisation_id, role=membre.role)
    active = {row.user_id for row in team.order_by("pk") if row.actif}
    if not {membre.user_id, by.user.pk} <= active:
        return False
    leave(membre)
    mail.send("equipe_retrait", membre.user, organisation=by.organisation, role=by.profil)
    return True


def is_last(membre: Membre) -> bool:
    """Whether nobody else acts for this organisation."""
    others = Membre.objects.active().filter(organisation=membre.organisation_id).exclude(user=membre.user_id)
    return not others.exists()
