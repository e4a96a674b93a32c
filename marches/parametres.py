"""Dated tables of the law, read from the small CSV files of `marches/data/`: rules, thresholds, legal bases.

A rule of `regles.csv` carries its severity, its article and the days on which it holds; `dire` makes its verdict.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from portal.parametres import Parametre, Parametres
from portal.verdict import Niveau, Verdict

DATA = Path(__file__).resolve().parent / "data"
_TABLES = Parametres(DATA)
load, find = _TABLES.load, _TABLES.find

# The groups of the catalogue, in the order in which its page shows them.
GROUPES = {
    "repondre": "Qui peut répondre seul",
    "groupement": "Répondre en groupement",
    "reservation": "La réservation elle-même",
    "procedure": "Seuils et procédure",
    "allotissement": "Allotissement",
    "duree": "Durée et reconductions",
    "attribution": "Critères d'attribution",
    "condition": "Condition sociale obligatoire",
    "consultation": "Questions pendant la consultation",
    "execution": "Sous-traitance et publication",
    "acheteur": "Acheteur",
}


@dataclass(frozen=True)
class Regle:
    """A row of the catalogue: what it says, how serious it is, from and to which launch days (None: no bound).

    `publique`: it rests on facts that anyone may see, so anyone may see what it says of a contract.
    """

    code: str
    groupe: str
    intitule: str
    niveau: Niveau
    article: str
    valable_du: date | None
    valable_au: date | None
    confiance: str
    publique: bool

    def holds(self, on: date) -> bool:
        return (self.valable_du or date.min) <= on <= (self.valable_au or date.max)


@dataclass(frozen=True)
class Base:
    """The text that a practice rests on, for contracts of a nature launched between two days."""

    sujet: str
    nature: str
    libelle: str
    valable_du: date
    valable_au: date | None
    confiance: str

    def holds(self, on: date) -> bool:
        return self.valable_du <= on <= (self.valable_au or date.max)


def seuil(code: str, on: date) -> Decimal:
    """A value of `seuils.csv` on a day; before its first row, the first row. KeyError for a code without any."""
    return parametre(code, on).valeur


@lru_cache(maxsize=4096)  # an unknown launch asks the same for every day on which the law changed
def parametre(code: str, on: date) -> Parametre:
    """`seuil`, with its source and its confidence."""
    return _TABLES.required("seuils", on, code)


def seuils() -> tuple[Parametre, ...]:
    return load("seuils")


@lru_cache(maxsize=1)
def regles() -> tuple[Regle, ...]:
    """The whole catalogue, in the order of its file."""
    return tuple(
        Regle(
            row["code"], row["groupe"], row["intitule"], Niveau(row["niveau"]), row["article"],
            _day(row["valable_du"]), _day(row["valable_au"]), row["confiance"], row["publique"] == "oui",
        )
        for row in _rows("regles")
    )  # fmt: skip


@lru_cache(maxsize=1)
def _by_code() -> dict[str, tuple[Regle, ...]]:
    found: dict[str, list[Regle]] = {}
    for row in regles():
        found.setdefault(row.code, []).append(row)
    return {code: tuple(rows) for code, rows in found.items()}


def regle(code: str, on: date) -> Regle | None:
    """The rule as it holds for a contract launched on `on`; None when it does not. KeyError for an unknown code."""
    return next((row for row in reversed(_by_code()[code]) if row.holds(on)), None)


def publiques() -> frozenset[str]:
    """Codes of the rules whose verdicts anyone may see."""
    return frozenset(row.code for row in regles() if row.publique)


def dire(code: str, on: date, reason: str, *, remede: str = "", source: str = "") -> Verdict:
    """The verdict of a rule, at the severity of its row; `Verdict.ok()` when the rule does not hold that day.

    `source` takes the place of the row's article where the article depends on the case.
    """
    row = regle(code, on)
    if row is None:
        return Verdict.ok()
    return Verdict(row.niveau, reason, source or row.article, remede, code, row.valable_du, row.valable_au)


@lru_cache(maxsize=1)
def bases() -> tuple[Base, ...]:
    """Every legal base, in the order of the file."""
    return tuple(
        Base(
            row["sujet"], row["nature"], row["libelle"], date.fromisoformat(row["valable_du"]),
            _day(row["valable_au"]), row["confiance"],
        )
        for row in _rows("bases_legales")
    )  # fmt: skip


@lru_cache(maxsize=1)
def jours_de_changement() -> tuple[date, ...]:
    """The days, in order, on which a rule or a threshold changes: between two of them the law is the same."""
    found = set()
    for row in (*regles(), *seuils()):
        found.add(row.valable_du)
        if row.valable_au is not None:
            found.add(row.valable_au + timedelta(days=1))
    return tuple(sorted(day for day in found if day is not None))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


# What each code of `seuils.csv` is, and how its value reads: euros before VAT, a share, months, days.
LIBELLES: dict[str, tuple[str, str]] = {
    "europeen_etat": ("Seuil européen, fournitures et services, État", "euros"),
    "europeen_local": ("Seuil européen, fournitures et services, collectivités, bailleurs, hôpitaux", "euros"),
    "europeen_reseaux": ("Seuil européen, fournitures et services, entités adjudicatrices", "euros"),
    "europeen_defense": ("Seuil européen, fournitures et services, défense ou sécurité", "euros"),
    "europeen_travaux": ("Seuil européen, travaux et concessions", "euros"),
    "sociaux": ("Services sociaux et autres services spécifiques, pouvoirs adjudicateurs", "euros"),
    "sociaux_reseaux": ("Services sociaux et autres services spécifiques, entités adjudicatrices", "euros"),
    "publicite": ("Publicité au BOAMP ou dans un journal d'annonces légales", "euros"),
    "dispense": ("Sans publicité ni mise en concurrence, fournitures et services", "euros"),
    "dispense_travaux": ("Sans publicité ni mise en concurrence, travaux", "euros"),
    "lot_dispense": ("Petit lot sans publicité, fournitures et services", "euros"),
    "lot_dispense_travaux": ("Petit lot sans publicité, travaux", "euros"),
    "petit_lot": ("Petit lot en procédure adaptée, fournitures et services", "euros"),
    "petit_lot_travaux": ("Petit lot en procédure adaptée, travaux", "euros"),
    "part_petits_lots": ("Petits lots, part de tous les lots", "part"),
    "part_travailleurs": ("Lot réservé, part de travailleurs du public visé", "part"),
    "part_ventes_aci": ("ACI, ventes rapportées aux charges", "part"),
    "ess_mois": ("Lot réservé à l'ESS, durée", "mois"),
    "ess_delai_mois": ("Lot réservé à l'ESS, délai entre deux attributions", "mois"),
    "accord_cadre_mois": ("Accord-cadre, durée", "mois"),
    "accord_cadre_mois_reseaux": ("Accord-cadre d'une entité adjudicatrice, durée", "mois"),
    "accord_cadre_mois_defense": ("Accord-cadre de défense ou de sécurité, durée", "mois"),
    "travaux_courts_mois": ("Dispense de condition sociale, travaux plus courts que", "mois"),
    "paiement_direct": ("Paiement direct d'un sous-traitant (TTC)", "euros"),
    "paiement_direct_defense": ("Paiement direct, services de défense, part du marché", "part"),
    "taux_tva": ("TVA, taux normal", "part"),
    "publication_donnees": ("Publication des données essentielles", "euros"),
    "publication_donnees_bas": ("Publication des données, marchés sans publicité", "euros"),
    "publication_mois": ("Publication des données essentielles, délai", "mois"),
    "spaser": ("SPASER, achats d'une année", "euros"),
    "questions_jours": ("Questions d'une consultation, jours avant la remise des offres", "jours"),
    "reponses_jours": ("Réponses aux questions, jours avant la remise des offres", "jours"),
    "reponses_jours_urgence": ("Réponses aux questions, délai réduit pour urgence", "jours"),
}
