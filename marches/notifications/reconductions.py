"""Reminders of renewals and of ends: six months, three months and one month before, once each."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from django.db.models import Q

from marches.echeances import Echeance, echeances_of, horizon, with_echeances
from marches.enums import GenreEcheance
from marches.models import Lot, MembreGroupement
from marches.rules.dates import add_months
from portal import mail
from portal.models import User
from portal.permissions import Role
from structures.models import Membre

PALIERS = (1, 3, 6)  # months before the day
BATCH = 200
HOLDERS = (Role.STRUCTURE, Role.ENTREPRISE)


def palier(le: date, on: date) -> int | None:
    """The reminder due on the day `on`: 1, 3 or 6 months before `le`; None while none is due, or once it is past."""
    if on > le:
        return None
    return next((months for months in PALIERS if add_months(le, -months) <= on), None)


def due(lot: Lot, on: date) -> Echeance | None:
    """What the people of a lot are reminded of: the next renewal to decide, else its end."""
    coming = [each for each in echeances_of(lot, on) if each.le >= on and each.genre != GenreEcheance.RECONDUCTION]
    decisions = [each for each in coming if each.genre == GenreEcheance.DECISION]
    return next(iter(decisions or coming), None)


def rappeler(on: date) -> tuple[int, int]:
    """Queue the reminders due: how many lots are near one of their days, how many messages were queued.

    One message for each person, lot, day and step: running it twice sends nothing more.
    """
    lots = sent = 0
    for batch in _batches(on):
        near = [(each, step) for lot in batch if (each := due(lot, on)) and (step := palier(each.le, on))]
        lots += len(near)
        people = _people([each.lot for each, _ in near])
        for each, step in near:
            key = f"reconduction:{each.identifiant}:{each.le.isoformat()}:{step}"
            given = {"echeance": each, "lot": each.lot, "mois": step}
            sent += len(mail.send("rappel_echeance", people[each.lot.pk], cle=key, **given))
    return lots, sent


def _batches(on: date) -> Iterator[list[Lot]]:
    """Published lots that concern somebody who has an account, with something to come within the longest step."""
    buyers = Membre.objects.active().filter(role=Role.ACHETEUR).exclude(organisation__siren="")
    bodies = set(Membre.objects.active().filter(role__in=HOLDERS).values_list("organisation", flat=True))
    meant = Q(marche__acheteur__organisation__siren__in=buyers.values("organisation__siren"))
    meant |= Q(pk__in=Lot.objects.held_by(bodies).values("pk"))
    soon = Q(reconductions__gt=0) | Q(date_fin=None) | Q(date_fin__lte=horizon(on, max(PALIERS)))
    rows = with_echeances(Lot.objects.published().filter(meant).filter(soon), on).order_by("pk")
    batch: list[Lot] = []
    for lot in rows.iterator(BATCH):
        batch.append(lot)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _people(lots: list[Lot]) -> dict[int, list[User]]:
    """Who is written to about each lot: members of its buyer and of its holders; four queries."""
    bodies: dict[int, set[int]] = defaultdict(set)
    for lot, body in Lot.objects.filter(pk__in=[lot.pk for lot in lots]).values_list("pk", "titulaires__organisation"):
        bodies[lot].add(body)
    joined = MembreGroupement.objects.filter(groupement__lot__in=lots, groupement__retenu=True)
    for lot, body in joined.values_list("groupement__lot", "organisation"):
        bodies[lot].add(body)
    sirens = {lot.marche.acheteur.organisation.siren for lot in lots} - {""}
    buyers: dict[str, list[User]] = defaultdict(list)
    members = Membre.objects.active().select_related("user", "organisation").order_by("pk")
    for member in members.filter(role=Role.ACHETEUR, organisation__siren__in=sirens):
        buyers[member.organisation.siren].append(member.user)
    holders: dict[int, list[User]] = defaultdict(list)
    held = {body for found in bodies.values() for body in found if body}
    for member in members.filter(role__in=HOLDERS, organisation__in=held):
        holders[member.organisation_id].append(member.user)
    return {
        lot.pk: [
            *buyers[lot.marche.acheteur.organisation.siren],
            *(user for body in sorted(filter(None, bodies[lot.pk])) for user in holders[body]),
        ]
        for lot in lots
    }
