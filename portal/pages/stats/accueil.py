"""What the home page counts and shows."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.core.cache import cache
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from clauses.stats import hours_accepted_total
from marches import stats as marches_stats
from marches.enums import Reservation
from marches.models import Lot, Marche
from portal.pages.models import Temoignage
from structures import stats as structures_stats
from structures.models import Structure
from structures.templatetags.carte import Carte, carte

FRESH = 300  # seconds a count may be old: millions of lots and of hours are counted
SHOWN = 3


@dataclass(frozen=True)
class Chiffres:
    """The three live figures. `lots` have a reservation, a social clause or a social criterion; hours are accepted."""

    structures: int
    lots: int
    heures: Decimal


def chiffres() -> Chiffres:
    """Three queries, at most once in five minutes."""
    return cache.get_or_set("accueil-chiffres", _count, FRESH)


def _count() -> Chiffres:
    return Chiffres(
        structures=structures_stats.total(),
        lots=marches_stats.lots_sociaux(),
        heures=hours_accepted_total(),
    )


def carte_structures() -> Carte:
    """The map of the directory by département; one query, at most once a minute."""
    counts = structures_stats.by_departement_cached(Structure.objects.listed(), "accueil")
    return carte(counts, url_for=lambda code: f"{reverse('structures:list')}?ou={code}")


@dataclass(frozen=True)
class MarcheRecent:
    """A contract of the home page with the marks of its lots, each as (tone, label)."""

    marche: Marche
    marques: list[tuple[str, str]]
    ouvert: bool


def marches_recents(on: date, number: int = SHOWN) -> list[MarcheRecent]:
    """The latest contracts with a social mark, those still open to tenders on the day `on` first; three queries."""
    social = Marche.objects.published().filter(Q(social=True) | Q(marche_insertion=True))
    marks = Lot.objects.only("marche_id", "reservation", "clause_sociale", "critere_social")
    cards = social.for_cards().prefetch_related(Prefetch("lots", marks))
    day = timezone.make_aware(datetime.combine(on, time.min))  # not `__date`, which no index answers
    still_open = list(cards.filter(date_limite__gte=day).order_by("date_limite", "pk")[:number])
    latest = cards.filter(Q(date_limite=None) | Q(date_limite__lt=day)).order_by("-recence", "-pk")
    shown = [(marche, True) for marche in still_open]
    shown += [(marche, False) for marche in latest[: number - len(shown)]] if len(shown) < number else []
    return [MarcheRecent(marche, marques(marche), is_open) for marche, is_open in shown]


def marques(marche: Marche) -> list[tuple[str, str]]:
    """The social marks of a contract whose lots are fetched, each once, in the order of the closed lists."""
    lots = list(marche.lots.all())
    found = [
        (reservation.tone, reservation.label)
        for reservation in Reservation
        if reservation != Reservation.AUCUNE and any(lot.reservation == reservation for lot in lots)
    ]
    if any(lot.clause_sociale for lot in lots):
        found.append(("insertion", "Clause sociale"))
    if any(lot.critere_social for lot in lots):
        found.append(("neutre", "Critère social"))
    if marche.marche_insertion:
        found.append(("insertion", "Marché d'insertion"))
    return found


def derniers_temoignages(acteur, number: int = SHOWN):
    return Temoignage.objects.open_to(acteur).for_cards()[:number]
