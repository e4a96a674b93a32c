"""What the register holds of a place or of a sector, for their pages; kept five minutes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet

from marches.echeances import compte_en_cours
from marches.enums import Reservation
from marches.models import Lot
from marches.stats import SUSPECT, Chiffres, chiffres
from structures.models import Organisation

SECONDS = 300
MOST_BUYERS = MOST_LOTS = 5


@dataclass(frozen=True)
class AcheteurCompte:
    """A buyer and its number of lots here."""

    nom: str
    siren: str
    lots: int


@dataclass(frozen=True)
class Panorama:
    """`en_cours`: lots begun whose end, foreseen renewals counted, is not past; `mediane`: of the plausible amounts."""

    chiffres: Chiffres
    en_cours: int
    mediane: Decimal | None
    acheteurs: tuple[AcheteurCompte, ...]
    reserves: tuple[Lot, ...]


def panorama(key: str, condition: Callable[[], Q], on: date) -> Panorama:
    """Seven queries at most, once in five minutes per key; `condition` says which lots are meant."""
    name = f"marches:panorama:{key}:{on:%Y%m%d}"
    found = cache.get(name)
    if found is None:
        found = _read(condition(), on)
        cache.set(name, found, SECONDS)
    return found


def _read(condition: Q, on: date) -> Panorama:
    lots = Lot.objects.published().filter(condition).order_by()
    reserved = lots.exclude(reservation=Reservation.AUCUNE).select_related("marche__acheteur__organisation")
    columns = ("objet", "numero", "montant", "date_notification", "reservation", "clause_sociale", "critere_social",
               "marche__acheteur__organisation__denomination", "marche__acheteur__organisation__identifiant",
               "marche__acheteur__organisation__type_identifiant")  # fmt: skip
    latest = reserved.only(*columns).order_by("-date_notification", "-pk")
    return Panorama(
        chiffres=chiffres(lots),
        en_cours=compte_en_cours(lots, on),
        mediane=_median(lots),
        acheteurs=tuple(_buyers(lots)),
        reserves=tuple(latest.filter(date_notification__isnull=False)[:MOST_LOTS]),
    )


def _median(lots: QuerySet) -> Decimal | None:
    amounts = lots.filter(montant__gt=0, montant__lt=SUSPECT).order_by("montant").values_list("montant", flat=True)
    count = amounts.count()
    middle = list(amounts[(count - 1) // 2 : count // 2 + 1]) if count else []
    return round(sum(middle) / len(middle), 2) if middle else None


def _buyers(lots: QuerySet) -> list[AcheteurCompte]:
    """The buyers with most lots, by SIREN."""
    siren = "marche__acheteur__organisation__siren"
    counted = lots.exclude(**{siren: ""}).values_list(siren).annotate(Count("pk")).order_by("-pk__count", siren)
    rows = list(counted[:MOST_BUYERS])
    named = Organisation.objects.filter(siren__in=[row[0] for row in rows], acheteur__isnull=False)
    names = {o.siren: o.nom for o in named.order_by("-nom_tri", "-pk")}  # an empty name gives way to a known one
    return [AcheteurCompte(names.get(number, number), number, count) for number, count in rows]
