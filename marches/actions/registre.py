"""Writes beyond one row: the guess of which lots make a contract, revised by hand and never undone by imports."""

from django.db import transaction
from django.db.models import SET_NULL
from django.utils import timezone

from marches.models import Lot, Marche
from marches.upsert import reindex
from portal.permissions import Acteur


class ActionRefusee(Exception):
    """What cannot be done; the message, in French, says why and what to do."""


# A lot taken out of a draft stays a draft.
COPIED = (
    "acheteur_id", "reference", "nature", "type", "procedure", "techniques", "ccag", "date_lancement", "date_limite",
    "publie", "fictif",
)  # fmt: skip


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
    here, there = ancien.acheteur, marche.acheteur
    if here.pk != there.pk and (here.organisation.siren or "-") != there.organisation.siren:
        raise ActionRefusee("Ce marché est d'un autre acheteur\u00a0: choisissez-en un du même acheteur.")
    if ancien.publie != marche.publie:
        raise ActionRefusee(
            "Ce marché est un brouillon et le lot est publié\u00a0: publiez d'abord le brouillon."
            if ancien.publie else "Ce marché est publié et le lot est un brouillon\u00a0: publiez d'abord le sien."
        )  # fmt: skip
    lost = [] if ancien.lots.exclude(pk=lot.pk).exists() else attaches(ancien)
    if lost:
        raise ActionRefusee(
            f"C'est le dernier lot de son marché, qui serait supprimé avec ce qu'il porte ({', '.join(lost)})\u00a0: "
            "rattachez-lui plutôt les lots de l'autre."
        )
    _move(lot, marche, by, "rattachement")
    if ancien.lots.exists():
        reindex([ancien.pk, marche.pk])
        return marche
    for link in ("predecesseur", "operation_mere", "accord_cadre"):
        for follower in Marche.objects.filter(**{link: ancien}).exclude(pk=marche.pk):
            setattr(follower, link, marche)
            _save(follower, by, "rattachement")
    ancien._history_user, ancien._change_reason = by.user, "rattachement"
    ancien.delete()
    reindex([marche.pk])
    return marche


def attaches(marche: Marche) -> list[str]:
    """What hangs on a contract beside its lots and would go with it, in French; a query for each kind."""
    found = []
    for relation in Marche._meta.related_objects:
        if relation.related_model is Lot or relation.on_delete is SET_NULL:
            continue
        if relation.related_model._default_manager.filter(**{relation.field.name: marche.pk}).exists():
            found.append(str(relation.related_model._meta.verbose_name_plural))
    return found


def _move(lot: Lot, marche: Marche, by: Acteur, reason: str) -> None:
    lot.marche = marche
    lot.champs_saisis = sorted({*lot.champs_saisis, "marche"})
    _save(lot, by, reason)


def _save(row, by: Acteur, reason: str) -> None:
    row._history_user, row._change_reason, row._history_date = by.user, reason, timezone.now()
    row.save()
