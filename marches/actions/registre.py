"""Writes beyond one row: the guess of which lots make a contract, revised by hand and never undone by imports."""

from django.db import transaction
from django.utils import timezone

from marches.models import Lot, Marche
from marches.upsert import reindex
from portal.permissions import Acteur


class ActionRefusee(Exception):
    """What cannot be done; the message, in French, says why and what to do."""


COPIED = ("acheteur_id", "reference", "nature", "type", "procedure", "techniques", "ccag", "date_lancement", "fictif")


@transaction.atomic
def detacher(*, lot: Lot, by: Acteur) -> Marche:
    """Take a lot out of its contract, into a new one of the same buyer. ActionRefusee when it is alone there."""
    ancien = Marche.objects.select_for_update().get(pk=lot.marche_id)
    if ancien.lots.count() < 2:
        raise ActionRefusee("Ce lot est déjà seul dans son marché\u00a0: il n'y a rien à détacher.")
    nouveau = Marche(objet=lot.objet, **{name: getattr(ancien, name) for name in COPIED})
    _save(nouveau, by, "detachement")
    _move(lot, nouveau, by, "detachement")
    reindex([ancien.pk, nouveau.pk])
    return nouveau


@transaction.atomic
def rattacher(*, lot: Lot, marche: Marche, by: Acteur) -> Marche:
    """Move a lot to another contract of the same buyer; a contract left without lot is deleted, its history kept."""
    ancien = Marche.objects.select_for_update().select_related("acheteur__organisation").get(pk=lot.marche_id)
    if ancien.pk == marche.pk:
        raise ActionRefusee("Ce lot est déjà dans ce marché\u00a0: choisissez-en un autre.")
    if ancien.acheteur.organisation.siren != marche.acheteur.organisation.siren:
        raise ActionRefusee("Ce marché est d'un autre acheteur\u00a0: choisissez-en un du même acheteur.")
    _move(lot, marche, by, "rattachement")
    if ancien.lots.exists():
        reindex([ancien.pk, marche.pk])
        return marche
    for link in ("predecesseur", "operation_mere"):
        for follower in Marche.objects.filter(**{link: ancien}).exclude(pk=marche.pk):
            setattr(follower, link, marche)
            _save(follower, by, "rattachement")
    ancien._history_user, ancien._change_reason = by.user, "rattachement"
    ancien.delete()
    reindex([marche.pk])
    return marche


def _move(lot: Lot, marche: Marche, by: Acteur, reason: str) -> None:
    lot.marche = marche
    lot.champs_saisis = sorted({*lot.champs_saisis, "marche"})
    _save(lot, by, reason)


def _save(row, by: Acteur, reason: str) -> None:
    row._history_user, row._change_reason, row._history_date = by.user, reason, timezone.now()
    row.save()
