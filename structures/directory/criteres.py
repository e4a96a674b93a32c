"""What each criterion of a question means for the database: the list and its facets read the same conditions."""

from collections.abc import Iterable
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.lookups import Exact

from structures.directory.question import Question
from structures.enums import Kind, Mode
from structures.models import Activite, LabelObtenu, Secteur, Structure
from structures.rules import FAMILLES, reservable_q

MOIS = range(1, 13)


def criteres(question: Question, on: date) -> dict[str, Q]:
    """The condition of each criterion asked for that bears on the structure itself, by the name of its field.

    Words, sectors, places and the mode of the activity are left to `matching`.
    """
    asked = {name: condition for name, condition in _conditions(question, on).items() if getattr(question, name)}
    if question.completude_min == 0 or question.effectif_min == 0 or question.capacite_min == 0:
        asked = {name: condition for name, condition in asked.items() if getattr(question, name) != 0}
    if question.effectif_max is not None:
        asked["effectif_max"] = Q(effectif__lte=question.effectif_max)
    return asked


def _conditions(question: Question, on: date) -> dict[str, Q]:
    return {
        "kinds": Q(kind__in=question.kinds),
        "famille": Q(kind__in=sorted(FAMILLES.get(question.famille, ()))),
        "reseaux": in_networks_q(question.reseaux),
        "labels": labelled_q(question.labels, on),
        "ges": Q(groupe__isnull=False),
        "a_cotraite": Q(a_cotraite=True),
        "titulaire": holder_q(question.titulaire, on),
        "mise_a_disposition": lends_q(),
        "capacite_min": Q(capacite__gte=question.capacite_min or 0),
        "effectif_min": Q(effectif__gte=question.effectif_min or 0),
        "mois": low_season_q(question.mois),
        "formee": Q(formes_commande_publique__gte=1),
        "qpv": Q(siege_qpv=True),
        "zrr": Q(siege_zrr=True),
        "completude_min": Q(completude__gte=question.completude_min or 0),
        "reservable": reservable_q(question.reservable, on),
    }


def in_networks_q(slugs: Iterable[str]) -> Q:
    """Members of one network at least."""
    links = Structure.reseaux.through.objects.filter(reseau__slug__in=tuple(slugs))
    return Q(pk__in=links.values("structure"))


def labelled_q(codes: Iterable[str], on: date) -> Q:
    """Holders of one label at least, still valid on `on`."""
    running = Q(valable_jusqu_au=None) | Q(valable_jusqu_au__gte=on)
    held = LabelObtenu.objects.filter(running, label__code__in=tuple(codes))
    return Q(pk__in=held.order_by().values("structure"))


def holder_q(titulaire: str, on: date) -> Q:
    """`tient`: a public contract runs on `on`; `a_tenu`: the register knows one, past or present.

    A contract whose end is unknown is not said to run: it counts as held only.
    """
    return Q(titulaire_jusqu_au__gte=on) if titulaire == "tient" else Q(titulaire_depuis__isnull=False)


def lends_q() -> Q:
    """Structures that lend people, whatever the trade."""
    return Exists(Activite.objects.filter(structure=OuterRef("pk"), mode=Mode.MISE_A_DISPOSITION)) & Q()


def low_season_q(mois: Iterable[int]) -> Q:
    """Structures for which every one of these months is one of low activity."""
    mask = sum(1 << (month - 1) for month in set(mois) if month in MOIS)
    return Q(Exact(F("mois_creux").bitand(mask), mask))


def sector_ids(secteurs: Iterable[Secteur]) -> list[int]:
    """Keys of these sectors and of those of the families among them; one query when there is a family."""
    ids = {secteur.pk for secteur in secteurs}
    families = [secteur.pk for secteur in secteurs if secteur.parent_id is None]
    if families:
        ids |= set(Secteur.objects.filter(parent__in=families).values_list("pk", flat=True))
    return sorted(ids)


def activities(question: Question) -> QuerySet[Activite]:
    """Activities of the sectors (or of their families) done that way; « prestation » takes associations intermédiaires
    in: they do hold such contracts, by placing people."""
    return reduce(or_, activity_sets(question))


def activity_sets(question: Question) -> list[QuerySet[Activite]]:
    """`activities` in pieces without OR, which a database reads one after the other by its indexes."""
    found = Activite.objects.all()
    if question.secteurs:
        found = found.filter(secteur__in=sector_ids(question.secteurs))
    if question.mode == Mode.PRESTATION:
        placed = found.filter(mode=Mode.MISE_A_DISPOSITION, structure__kind=Kind.AI)
        return [found.filter(mode=Mode.PRESTATION), placed]
    return [found.filter(mode=question.mode) if question.mode else found]
