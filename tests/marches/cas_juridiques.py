"""What golden legal cases share: short names of levels, days and makers of facts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marches.enums import FormeGroupement, GenreAcheteur, NatureContrat, RegimeProcedure, Reservation, TypeMarche
from marches.rules import Besoin, Candidat, Membre
from portal.verdict import Niveau, Verdict
from structures.enums import Kind

OK, INFO, WARN, BLOCK = Niveau.OK, Niveau.INFORMATION, Niveau.AVERTISSEMENT, Niveau.BLOCAGE
HANDICAP, INSERTION, LES_DEUX = Reservation.HANDICAP, Reservation.INSERTION, Reservation.LES_DEUX
PRISON, ESS, AUCUNE, IMPRECIS = Reservation.PENITENTIAIRE, Reservation.ESS, Reservation.AUCUNE, Reservation.NON_PRECISEE
CONCESSION, DEFENSE, PRIVE = NatureContrat.CONCESSION, NatureContrat.DEFENSE, NatureContrat.PRIVE
TRAVAUX, SERVICES, FOURNITURES = TypeMarche.TRAVAUX, TypeMarche.SERVICES, TypeMarche.FOURNITURES
MARCHE, PARTENARIAT = NatureContrat.MARCHE, NatureContrat.PARTENARIAT
BAILLEUR, HOPITAL, INCONNU = GenreAcheteur.BAILLEUR, GenreAcheteur.HOPITAL, GenreAcheteur.INCONNU
DISPENSE, MAPA, FORMALISEE = RegimeProcedure.DISPENSE, RegimeProcedure.MAPA, RegimeProcedure.FORMALISEE
ETAT, LOCAL, RESEAUX = GenreAcheteur.ETAT, GenreAcheteur.LOCAL, GenreAcheteur.RESEAUX
CONJOINT, SOLIDAIRE = FormeGroupement.CONJOINT, FormeGroupement.SOLIDAIRE

EN_2016, EN_2018, EN_2020 = date(2016, 6, 1), date(2018, 6, 1), date(2020, 6, 1)
AVANT_ASAP, DEPUIS_ASAP = date(2020, 12, 8), date(2020, 12, 9)
EN_2021, EN_2023, EN_2025, EN_2026 = date(2021, 6, 1), date(2023, 6, 1), date(2025, 6, 1), date(2026, 6, 1)
VEILLE, JOUR = date(2026, 8, 21), date(2026, 8, 22)  # the social condition becomes an obligation


@dataclass(frozen=True)
class Cas:
    """A golden case: the article it stands on, what is asked, the level expected and a word of the reason."""

    article: str
    dit: str
    demande: Callable[[], Verdict]
    niveau: Niveau
    mot: str = ""

    def __str__(self) -> str:
        return f"{self.article} : {self.dit}"

    def check(self) -> None:
        verdict = self.demande()
        assert verdict.level == self.niveau, verdict
        assert self.mot in f"{verdict.reason} {verdict.remede}", verdict
        if verdict.reason and verdict.source:
            assert self.article in verdict.source, verdict
        if verdict.level >= Niveau.AVERTISSEMENT:
            assert verdict.remede, f"{verdict} says nothing of what would make it possible"


def euro(amount: str | int | float) -> Decimal:
    return Decimal(str(amount))


def besoin(reservation=AUCUNE, **given) -> Besoin:
    return Besoin(reservation=reservation, **given)


def qui(kind: str | None = "EI", **given) -> Candidat:
    """An operator with a long convention and a share of 80 %, unless said otherwise."""
    usual = {
        "nom": f"Une {kind or 'entreprise'}", "kind": Kind(kind) if kind else None, "part": euro(80),
        "convention_debut": date(2005, 1, 1), "convention_fin": date(2040, 12, 31),
    }  # fmt: skip
    return Candidat(**usual | given)


def equipe(*kinds: str | None) -> list[Membre]:
    """A group whose first member speaks for it."""
    return [Membre(qui(kind, nom=f"Membre {rank}"), mandataire=rank == 0) for rank, kind in enumerate(kinds)]
