"""The days of contracts that somebody waits for: decisions on renewals, renewals, ends."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from marches.enums import EtatReconduction, GenreEcheance
from marches.models import Lot, Reconduction
from marches.rules.dates import add_months, periodes
from marches.rules.reconductions import Calendrier, Tranche, calendrier
from portal.parametres import Parametre, Parametres

_TABLES = Parametres(Path(__file__).resolve().parent / "data")
LONGEST = 600  # months: what is asked of a calendar


def preavis_par_defaut(on: date) -> Parametre:
    """Days before a renewal by which it is decided, for contracts that do not say."""
    return _TABLES.required("reconductions", on, "preavis_jours")


def calendrier_of(lot: Lot, on: date) -> Calendrier:
    """The renewals of a lot; one query for their decisions unless they are prefetched."""
    decisions = {row.rang: row.decision for row in lot.decisions_reconduction.all()} if lot.reconductions else {}
    start = lot.date_debut or lot.date_notification
    firm = periodes(start, lot.duree_mois)
    return calendrier(
        debut=start,
        duree_mois=lot.duree_mois,
        nombre=min(lot.reconductions, LONGEST),
        mois=lot.reconduction_mois,
        tacite=lot.reconduction_tacite,
        preavis_jours=lot.preavis_jours if lot.preavis_jours is not None else int(preavis_par_defaut(on).valeur),
        decisions=decisions,
        on=on,
        fin_connue=lot.date_fin or (firm[0].fin if firm else None),
    )


def compte_en_cours(lots: QuerySet, on: date) -> int:
    """How many of these lots have begun and end on that day or later, renewals counted as on their pages.

    The database knows the end of the firm period alone. The lots it would call over although a renewal may run are
    read and judged by the very rule: contracts typed here and notices tell renewals, files of contracts do not. Three
    queries.
    """
    begun = lots.filter(Q(date_debut__lte=on) | Q(date_debut=None, date_notification__lte=on)).order_by()
    maybe = begun.filter(date_fin__lt=on, reconductions__gt=0).only(
        "date_debut", "date_notification", "date_fin", "duree_mois", "reconductions", "reconduction_mois",
        "reconduction_tacite", "preavis_jours",
    )  # fmt: skip
    rows = maybe.prefetch_related("decisions_reconduction").iterator(chunk_size=1_000)
    renewed = sum((calendrier_of(lot, on).fin or date.min) >= on for lot in rows)
    return begun.filter(date_fin__gte=on).count() + renewed


@dataclass(frozen=True)
class Echeance:
    """One day of one lot. `tranche` is the renewal it is about, None for an end."""

    le: date
    genre: GenreEcheance
    lot: Lot
    tranche: Tranche | None = None

    @property
    def titre(self) -> str:
        if self.tranche is None:
            return "Fin du contrat"
        if self.genre == GenreEcheance.DECISION:
            return f"Décider de la reconduction {self.tranche.rang}"
        return f"Début de la reconduction {self.tranche.rang}"

    @property
    def consigne(self) -> str:
        """What happens if nobody does anything."""
        if self.tranche is None:
            return "Aucune reconduction ne suit\u00a0: préparez la suite s'il en faut une."
        if self.genre == GenreEcheance.RECONDUCTION:
            return "Reconduction décidée." if self.tranche.etat == EtatReconduction.DECIDEE else "Reconduction tacite."
        if self.tranche.etat == EtatReconduction.TACITE:
            return "Sans décision contraire d'ici là, le contrat est reconduit tacitement (R. 2112-4)."
        return "Sans décision écrite, le contrat prend fin\u00a0: la reconduction est expresse."

    @property
    def identifiant(self) -> str:
        """What names this day for ever, whatever its date becomes."""
        rank = self.tranche.rang if self.tranche else 0
        return f"lot-{self.lot.pk}-{self.genre.value}-{rank}"


def echeances_of(lot: Lot, on: date) -> list[Echeance]:
    """What is to come of a lot, in order; a decision whose day is past stays until the renewal begins."""
    cal = calendrier_of(lot, on)
    found = []
    for tranche in cal.tranches:
        if tranche.etat in {EtatReconduction.REFUSEE, EtatReconduction.SANS_DECISION} or tranche.debut <= on:
            continue
        if tranche.est_ouverte:
            found.append(Echeance(tranche.decision_avant, GenreEcheance.DECISION, lot, tranche))
        found.append(Echeance(tranche.debut, GenreEcheance.RECONDUCTION, lot, tranche))
    if cal.fin and cal.fin >= on:
        found.append(Echeance(cal.fin, GenreEcheance.FIN, lot))
    return sorted(found, key=lambda each: (each.le, each.genre.value))


def with_echeances(lots: QuerySet, on: date) -> QuerySet:
    """Those of these lots that have something to come, with what it takes to say it; two queries in all."""
    decisions = Reconduction.objects.only("lot_id", "rang", "decision", "decidee_le").order_by("rang")
    open_ended = Q(reconductions__gt=0) & (Q(date_debut__isnull=False) | Q(date_notification__isnull=False))
    rows = lots.filter(Q(date_fin__gte=on) | open_ended | Q(date_fin=None, duree_mois__gt=0))
    rows = rows.select_related("marche__acheteur__organisation").prefetch_related(
        Prefetch("decisions_reconduction", queryset=decisions)
    )
    return rows.defer("racines", "marche__racines", "marche__presentation")


def a_venir(lots: Iterable[Lot], on: date, until: date, genres: Sequence[str] = ()) -> list[Echeance]:
    """The days of these lots up to `until`, in order; decisions that are late come first."""
    found = [
        each
        for lot in lots
        for each in echeances_of(lot, on)
        if each.le <= until and (not genres or each.genre in genres)
    ]
    return sorted(found, key=lambda each: (each.le, each.lot.pk, each.genre.value))


def horizon(on: date, months: int) -> date:
    """The day `months` from now; the last day of the calendar beyond it."""
    try:
        return add_months(on, months)
    except ValueError:
        return date.max


# What upper floors add to the shared calendar -------------------------------------------------------------------------
Jours = Callable[[Any, date], Iterable[Any]]
_autres: list[Jours] = []


def autres_jours(function: Jours) -> Jours:
    """Decorator: the days that the function answers, for an `Acteur` on a day, come in its shared calendar too.

    Each has what `exporters.agenda.as_ics` reads.
    """
    if function not in _autres:
        _autres.append(function)
    return function


def jours_des_etages(acteur: Any, on: date) -> list[Any]:
    """The days that upper floors add to the calendar of this `Acteur`."""
    return [day for function in _autres for day in function(acteur, on)]
