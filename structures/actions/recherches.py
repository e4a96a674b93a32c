"""Searches of the directory kept by a person, who is written to when a structure newly answers one of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db import transaction
from django.http import QueryDict

from structures.filters import StructureFilter
from structures.models import RechercheEnregistree, Structure
from structures.notifications.recherches import MOST_SHOWN, tell

MOST_SEARCHES = 50  # of one person
MOST_ANSWERS = 5_000  # above, no alert: nothing in particular is looked for
LONGEST = RechercheEnregistree._meta.get_field("parametres").max_length or 0
LONGEST_NAME = RechercheEnregistree._meta.get_field("nom").max_length or 0
NOT_CRITERIA = frozenset({"tri", "ou", "lieu"})  # places are written apart
SALT = "structures.recherche.arreter"


class Refus(Exception):
    """Why a search is not kept, in French."""


@dataclass(frozen=True)
class Criteres:
    """A query string that was read: what is kept of it, the search itself, and how to call it."""

    parametres: str
    annuaire: StructureFilter

    @property
    def nom(self) -> str:
        """The criteria in words, cut at the length of the column."""
        words = " · ".join(puce.libelle for puce in self.annuaire.puces())
        return words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1] + "…"

    def keys(self) -> set[int]:
        """Keys of the structures that answer today. One query."""
        return set(self.annuaire.qs.order_by().values_list("pk", flat=True))


def read(parametres: str) -> Criteres:
    """The criteria of a query string that the directory understands, always written the same way; `Refus` if none.

    Sorted, each once; an unknown parameter, value or place is left out, and so are page, order and view. Places are
    written by code, so that a name borne by several places keeps meaning the one that was shown.
    """
    text = parametres.replace("\x00", "").removeprefix("?")
    if len(text) > 2 * LONGEST:
        raise Refus("Cette recherche a trop de critères pour être enregistrée\u00a0: retirez-en quelques-uns.")
    given = _filter(text)
    places = [("lieu", lieu.parametre) for lieu in given.question.territoires]
    kept = sorted({*_pairs(given), *places})
    if not places:
        kept = [(name, value) for name, value in kept if name != "rayon"]
    if not kept:
        raise Refus("Cette recherche n'a aucun critère\u00a0: précisez un métier, un lieu ou un type de structure.")
    written = urlencode(kept)
    if len(written) > LONGEST:
        raise Refus("Cette recherche a trop de critères pour être enregistrée\u00a0: retirez-en quelques-uns.")
    return Criteres(written, _filter(written))


def _filter(text: str) -> StructureFilter:
    return StructureFilter(QueryDict(text), queryset=Structure.objects.listed())


def _spelt(criteres: Criteres) -> Criteres:
    """The same criteria, with the words that were looked for instead of mistyped ones, as the results page shows."""
    annuaire = criteres.annuaire
    if annuaire.qs.exists() or annuaire.corrected() is None:
        return criteres
    given = QueryDict(criteres.parametres, mutable=True)
    given["q"] = annuaire.question.words
    return read(given.urlencode())


def _pairs(annuaire: StructureFilter) -> Iterator[tuple[str, str]]:
    """What the form kept of what was given, as (name, value)."""
    for name, value in annuaire.given.items():
        if name not in NOT_CRITERIA:
            yield from ((name, text) for text in _texts(value))


def _texts(value: Any) -> Iterable[str]:
    if value is None or value is False or value == "":
        return []
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    return ["1" if value is True else str(value)]


# Keeping ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def save(parametres: str, *, by, now: datetime) -> tuple[RechercheEnregistree, bool]:
    """Keep a search for the user `by`, and whether it is new; what answers today will not be announced.

    `Refus` when nothing can be kept. Without an alert above `MOST_ANSWERS` answers.
    """
    criteres = _spelt(read(parametres))
    known = RechercheEnregistree.objects.filter(user=by, parametres=criteres.parametres).first()
    if known:
        return known, False
    if by.recherches.count() >= MOST_SEARCHES:
        raise Refus(f"Vous avez déjà {MOST_SEARCHES} recherches enregistrées\u00a0: supprimez-en une d'abord.")
    keys = criteres.keys()
    alert = len(keys) <= MOST_ANSWERS
    return RechercheEnregistree.objects.get_or_create(
        user=by,
        parametres=criteres.parametres,
        defaults={
            "nom": criteres.nom,
            "alerte": alert,
            "connues": sorted(keys) if alert else [],
            "verifiee_le": now,
        },
    )


@transaction.atomic
def edit(recherche: RechercheEnregistree, *, nom: str, alerte: bool, now: datetime) -> None:
    """Rename a search and switch its alert; switched on, it starts from what answers now. `Refus` above the limit."""
    if alerte and not recherche.alerte:
        keys = read(recherche.parametres).keys()
        if len(keys) > MOST_ANSWERS:
            raise Refus(
                f"Plus de {MOST_ANSWERS} structures répondent à cette recherche\u00a0: précisez-la pour recevoir "
                "une alerte."
            )
        recherche.connues, recherche.verifiee_le = sorted(keys), now
    elif not alerte:
        recherche.connues = []
    recherche.nom, recherche.alerte = nom, alerte
    recherche.save()


# Telling ------------------------------------------------------------------------------------------------------------
def check_all(now: datetime) -> dict[str, int]:
    """Write to everybody whose searches have new answers; how many searches were read, told, and not understood."""
    told = {"lues": 0, "annoncees": 0, "incomprises": 0}
    wanted = RechercheEnregistree.objects.filter(alerte=True, user__is_active=True).order_by("pk")
    for pk in wanted.values_list("pk", flat=True):
        try:
            told["annoncees"] += check(pk, now)
            told["lues"] += 1
        except Refus:
            told["incomprises"] += 1
    return told


@transaction.atomic
def check(pk: int, now: datetime) -> bool:
    """Write once about the structures that newly answer the search `pk`; whether there were any.

    The row is held meanwhile, and remembers what is told in the same transaction: run twice, it writes once. The
    first look at a search written without `save` tells nothing: what was there before is not new.
    """
    found = RechercheEnregistree.objects.select_for_update(of=("self",)).select_related("user")
    recherche = found.filter(pk=pk, alerte=True).first()
    if recherche is None:
        return False
    criteres = read(recherche.parametres)
    known = set(recherche.connues)
    new = criteres.keys() - known
    is_first, recherche.verifiee_le = recherche.verifiee_le is None, now
    recherche.connues = sorted(known | new)
    if new and not is_first:
        shown = Structure.objects.filter(pk__in=sorted(new)[-MOST_SHOWN:]).by_name()
        tell(recherche, shown=shown, count=len(new), stop=stop_token(recherche))
    recherche.save(update_fields=["connues", "verifiee_le"])
    return bool(new) and not is_first


# Stopping -----------------------------------------------------------------------------------------------------------
def stop_token(recherche: RechercheEnregistree) -> str:
    """What the link « ne plus recevoir » holds: it switches this one alert off, and nothing else."""
    return signing.Signer(salt=SALT).sign(str(recherche.pk))


def of_token(token: str) -> RechercheEnregistree | None:
    """The search of a link; None for a forged one, or when the search is gone."""
    try:
        pk = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None
    return RechercheEnregistree.objects.filter(pk=pk).defer("connues").first()


def stop(recherche: RechercheEnregistree) -> None:
    RechercheEnregistree.objects.filter(pk=recherche.pk).update(alerte=False, connues=[])
