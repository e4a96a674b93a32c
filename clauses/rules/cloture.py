"""Closing of a year: whether it may be closed, and what to know before. Pure functions."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from clauses.rules.bilans import jour_comptable
from portal.templatetags.formats import heures, jour, pluriel
from portal.verdict import Verdict

USAGE = "Usage des réseaux\u00a0: une année remise aux financeurs ne change plus"


@dataclass(frozen=True)
class Reste:
    """What a year still holds unsettled: lines by what they wait for, with the hours of those to decide."""

    transmises: int = 0
    heures_transmises: Decimal = Decimal(0)
    brouillons: int = 0
    refusees: int = 0
    mois_vides: int = 0
    ecarts: int = 0

    @property
    def is_empty(self) -> bool:
        return not any((self.transmises, self.brouillons, self.refusees, self.mois_vides, self.ecarts))


def cloture_possible(annee: int, on: date, *, closes: Collection[int], premiere: int | None) -> Verdict:
    """Whether a year may be closed on that day; `premiere`: the first year with hours, None when there is none."""
    if premiere is None or annee < premiere:
        return Verdict.blocage("Aucune heure n'est déclarée pour cette année.", remede="Choisissez une autre année.")
    if annee in closes:
        return Verdict.blocage("Cette année est déjà close.", source=USAGE)
    if annee >= on.year:
        return Verdict.blocage(
            f"L'année {annee} n'est pas finie.", remede=f"Vous pourrez la clore à partir du 1er janvier {annee + 1}."
        )
    return Verdict.ok("L'année peut être close.", source=USAGE)


def annonce(mois: date, le: datetime, closes: Mapping[int, datetime]) -> Verdict:
    """Where hours worked in `mois` would count if they were accepted at `le`; ok when it is in their year.

    `closes`: year → moment it was closed for the clause. Source: practice of the networks, `jour_comptable`.
    """
    year = jour_comptable(mois, le, closes).year
    if year == mois.year:
        return Verdict.ok("Ces heures comptent dans leur année.", source=USAGE)
    closed = jour(timezone.localdate(closes[mois.year]))
    return Verdict.information(
        f"L'année {mois.year} est close pour cette clause depuis le {closed}.", source=USAGE,
        remede=f"Ce qui y sera désormais accepté ou corrigé comptera en {year}.",
    )  # fmt: skip


def avant_de_clore(annee: int, reste: Reste, *, ouvertes: Collection[int]) -> list[Verdict]:
    """What to know before closing, one verdict a matter; none of them forbids. `ouvertes`: earlier years still open."""
    found = []
    if reste.transmises:
        lines = pluriel(reste.transmises, "ligne transmise attend,lignes transmises attendent")
        found.append(
            Verdict.avertissement(
                f"{lines} votre décision, pour {heures(reste.heures_transmises)}.",
                remede="Décidez d'abord\u00a0: acceptées après la clôture, elles compteront l'année suivante.",
            )
        )
    if reste.brouillons:
        lines = pluriel(reste.brouillons, "ligne est,lignes sont")
        found.append(
            Verdict.avertissement(
                f"{lines} en cours de saisie.", remede="Relancez les déclarants, ou laissez-les pour l'année suivante."
            )
        )
    if reste.refusees:
        lines = pluriel(reste.refusees, "ligne refusée n'est,lignes refusées ne sont")
        found.append(
            Verdict.avertissement(
                f"{lines} pas corrigées." if reste.refusees > 1 else f"{lines} pas corrigée.",
                remede="Une correction acceptée après la clôture comptera dans l'année suivante.",
            )
        )
    if reste.mois_vides:
        months = pluriel(reste.mois_vides, "mois ouvert est resté,mois ouverts sont restés")
        found.append(
            Verdict.information(f"{months} sans heure.", remede="Vérifiez que personne n'a travaillé ces mois-là.")
        )
    if reste.ecarts:
        gaps = pluriel(reste.ecarts, "écart est,écarts sont")
        found.append(Verdict.information(f"{gaps} encore sans décision de l'acheteur."))
    if ouvertes:
        years = ", ".join(str(year) for year in sorted(ouvertes))
        many = "Années antérieures encore ouvertes" if len(ouvertes) > 1 else "Année antérieure encore ouverte"
        found.append(Verdict.information(f"{many}\u00a0: {years}. Ce qui y sera accepté ou corrigé y comptera encore."))
    return found
