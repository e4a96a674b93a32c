"""Conversations between an organisation and a structure, relayed by the portal and erased six months later."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from portal.models import Envoi
from portal.permissions import Acteur
from structures.enums import Sens
from structures.models import Echange, Membre, MessageEchange, Organisation, Structure
from structures.notifications.echanges import key_of, relay

MOST_MESSAGES = 200  # in one conversation
MOST_AT_ONCE = 10  # structures written to in one go
TWICE = timedelta(minutes=2)  # the same message within: a button pressed twice
AT_A_TIME = 500  # rows erased together


def erased_on(last: date) -> date:
    """The day a conversation whose last message is of the day `last` is erased."""
    return last + timedelta(days=settings.ECHANGES_JOURS)


# Whether one may write ----------------------------------------------------------------------------------------------
def reachable(structures: Iterable[Structure]) -> set[int]:
    """Keys of the structures a message can reach: a member reads it, or a public address does. One query."""
    structures = list(structures)
    organisations = {structure.organisation_id for structure in structures} - {None}
    joined = set(Membre.objects.active().filter(organisation__in=organisations).values_list("organisation", flat=True))
    return {structure.pk for structure in structures if structure.organisation_id in joined or structure.courriel}


def has_members(structure: Structure) -> bool:
    """Whether somebody of this structure has an account that is open."""
    organisation = structure.organisation_id or 0
    return Membre.objects.active().filter(organisation=organisation).exists()


def closed_to(acteur: Acteur, structures: Iterable[Structure]) -> set[int]:
    """Keys of the structures that no longer want to be written to by the organisation of `acteur`. One query."""
    keys = [structure.pk for structure in structures]
    closed = Echange.objects.filter(organisation=acteur.organisation_id or 0, structure__in=keys)
    return set(closed.exclude(ferme_le=None).values_list("structure", flat=True))


def obstacles(acteur: Acteur, structures: Iterable[Structure]) -> dict[int, str]:
    """For each structure that cannot be written to, its key and why."""
    structures = list(structures)
    ways, closed = reachable(structures), closed_to(acteur, structures)
    found = {}
    for structure in structures:
        if structure.organisation_id and structure.organisation_id == acteur.organisation_id:
            found[structure.pk] = "C'est une fiche de votre propre organisation."
        elif not structure.publiee or structure.remplacee_par_id:
            found[structure.pk] = "Cette fiche n'est plus dans l'annuaire."
        elif structure.pk in closed:
            found[structure.pk] = "Cette structure ne souhaite plus recevoir de messages de votre organisation."
        elif structure.pk not in ways:
            found[structure.pk] = "Personne de cette structure n'a de compte ici, et elle n'a pas d'adresse publique."
    return found


def left_today(acteur: Acteur, now: datetime) -> int:
    """How many conversations this person may still open today."""
    first = MessageEchange.objects.filter(echange=OuterRef("pk")).order_by("cree_le", "pk")
    today = Echange.objects.filter(organisation=acteur.organisation_id or 0, cree_le__gte=_midnight(now))
    opened = today.annotate(auteur=Subquery(first.values("par")[:1])).filter(auteur=acteur.user)
    return max(0, settings.ECHANGES_PAR_JOUR - opened.count())


def may_write(acteur: Acteur, now: datetime) -> bool:
    """Whether this person has written fewer messages today than they may."""
    written = MessageEchange.objects.filter(par=acteur.user, cree_le__gte=_midnight(now))
    return written.count() < settings.MESSAGES_PAR_JOUR


def may_answer_by_link(echange: Echange, now: datetime) -> bool:
    """Whether this link has served less than it may today."""
    answers = echange.messages.filter(par=None, sens=Sens.VERS_ACHETEUR, cree_le__gte=_midnight(now))
    return answers.count() < settings.REPONSES_PAR_JOUR


def _midnight(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


# Writing ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def open_exchanges(*, structures: Iterable[Structure], sujet: str, texte: str, by: Acteur) -> list[Echange]:
    """One conversation with each of `structures`, which `obstacles` has let through; each is told by e-mail.

    The same message sent again at once (a button pressed twice) gives back the conversation it opened the first time.
    """
    now = timezone.now()
    Organisation.objects.select_for_update().get(pk=by.organisation_id)  # the second click waits for the first
    twins = Echange.objects.filter(
        organisation=by.organisation, sujet=sujet, cree_le__gte=now - TWICE, messages__par=by.user,
        messages__texte=texte,
    )  # fmt: skip
    opened = []
    for structure in structures:
        if twin := twins.filter(structure=structure).first():
            opened.append(twin)
            continue
        echange = Echange.objects.create(
            structure=structure,
            organisation=by.organisation,
            sujet=sujet,
            a_effacer_le=erased_on(timezone.localdate(now)),
        )
        opened.append(echange)
        _write(echange, Sens.VERS_STRUCTURE, texte, by.user, now)
    return opened


@transaction.atomic
def answer(*, echange: Echange, texte: str, by: Acteur | None) -> MessageEchange:
    """Add a message to a conversation; `by` is None for a structure that answers from the link it received.

    The same message sent again at once is written once.
    """
    sens = Sens.VERS_ACHETEUR
    if by is not None and by.organisation_id == echange.organisation_id:
        sens = Sens.VERS_STRUCTURE
    else:  # answering proves that what came before was read
        _read(echange, Sens.VERS_STRUCTURE)
    now, user = timezone.now(), by.user if by else None
    Echange.objects.select_for_update().get(pk=echange.pk)
    twin = echange.messages.filter(cree_le__gte=now - TWICE, sens=sens, par=user, texte=texte).first()
    return twin or _write(echange, sens, texte, user, now)


def _write(echange: Echange, sens: Sens, texte: str, user, now: datetime) -> MessageEchange:
    message = MessageEchange.objects.create(echange=echange, sens=sens, texte=texte, par=user)
    echange.dernier_le, echange.a_effacer_le = now, erased_on(timezone.localdate(now))
    echange.save(update_fields=["dernier_le", "a_effacer_le"])
    relay(message)
    return message


def mark_read(echange: Echange, by: Acteur) -> int:
    """The messages received by the organisation of `by` are read; how many were not. One query."""
    return _read(echange, echange.received_by(by))


def _read(echange: Echange, sens: Sens) -> int:
    return echange.messages.filter(sens=sens, lu_le=None).update(lu_le=timezone.now())


def close(echange: Echange) -> None:
    """The structure wants no more messages: nobody writes here again, nor opens another conversation with it."""
    if echange.ferme_le is None:
        echange.ferme_le = timezone.now()
        echange.save(update_fields=["ferme_le"])


# Erasing ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def purge(on: date) -> dict[str, int]:
    """Erase the conversations due on the day `on`, with what was sent about them; how many rows of each went.

    Messages sent about a conversation that still lives, or that is gone, are erased at the same age.
    """
    erased = {"echanges": 0, "messages": 0, "envois": 0}
    due = list(Echange.objects.expired(on).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(due), AT_A_TIME):
        keys = due[start : start + AT_A_TIME]
        messages = list(MessageEchange.objects.filter(echange__in=keys).values_list("echange", "pk"))
        for first in range(0, len(messages), AT_A_TIME):
            sent = [key_of(*pair) for pair in messages[first : first + AT_A_TIME]]
            erased["envois"] += Envoi.objects.filter(cle__in=sent).delete()[0]
        erased["messages"] += len(messages)
        erased["echanges"] += len(keys)
        Echange.objects.filter(pk__in=keys).delete()
    old = timezone.make_aware(datetime.combine(on - timedelta(days=settings.ECHANGES_JOURS), datetime.min.time()))
    stale = Envoi.objects.filter(cle__startswith="echange:", cree_le__lt=old)
    erased["envois"] += stale.delete()[0]
    return erased
