"""Lists of structures kept by an organisation: all its members read and write them."""

from django.db import transaction
from django.utils import timezone

from portal.permissions import Acteur
from structures.models import Favori, ListeFavoris, Structure


@transaction.atomic
def create_list(*, nom: str, note: str = "", by: Acteur) -> tuple[ListeFavoris, bool]:
    """The list of this name of the organisation of `by`, and whether it is new."""
    return ListeFavoris.objects.get_or_create(
        organisation=by.organisation, nom=nom, defaults={"note": note, "par": by.user}
    )


@transaction.atomic
def add(*, structure: Structure, liste: ListeFavoris | None, nouvelle: str, by: Acteur) -> tuple[Favori, bool]:
    """Put `structure` in `liste`, or in a list called `nouvelle` when there is none; whether it was not there yet."""
    liste = liste or create_list(nom=nouvelle, by=by)[0]
    favori, is_new = Favori.objects.get_or_create(liste=liste, structure=structure, defaults={"par": by.user})
    if is_new:
        _touch(liste)
    return favori, is_new


@transaction.atomic
def remove(favori: Favori) -> None:
    favori.delete()
    _touch(favori.liste)


@transaction.atomic
def replace(favori: Favori) -> Structure:
    """Put the card that replaced a structure in its stead, with the note; once only when it was there already."""
    successor = favori.structure.remplacee_par
    if successor is None:
        raise ValueError("Nothing replaced this structure.")
    if Favori.objects.filter(liste=favori.liste_id, structure=successor).exists():
        favori.delete()
    else:
        favori.structure = successor
        favori.save()
    _touch(favori.liste)
    return successor


def _touch(liste: ListeFavoris) -> None:
    ListeFavoris.objects.filter(pk=liste.pk).update(modifiee_le=timezone.now())
