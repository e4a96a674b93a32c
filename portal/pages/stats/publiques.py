"""The public statistics page: which year and which région are asked, and its tables as people read them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clauses.exporters.bilans import CACHE, LEGENDE
from clauses.models import StatistiquePublique
from clauses.stats.publiques import publiees
from portal import charts

TABLES = {"regions": "Région", "departements": "Département", "secteurs": "Secteur", "familles": "Famille d'employeurs"}
MESURES = ["Heures", "Dont formation", "Personnes", "Marchés", "Structures inclusives", "Autres employeurs"]


@dataclass(frozen=True)
class Ligne:
    """A row: its key (to open a région), its label, its six measures; people None where they are hidden."""

    cle: str
    libelle: str
    parent: str
    heures: Decimal
    formation: Decimal
    personnes: int | None
    marches: int
    structures: int
    entreprises: int

    @property
    def mesures(self) -> list[Any]:
        return [self.heures, self.formation, self.personnes, self.marches, self.structures, self.entreprises]


@dataclass(frozen=True)
class Tableau:
    titre: str
    premiere: str  # heading of the first column
    lignes: list[Ligne]
    dessin: Any = ""


@dataclass(frozen=True)
class Page:
    """A year, its figures, its tables; `region` when one is looked into."""

    annee: int
    annees: list[int]
    publication: StatistiquePublique
    france: Ligne
    tableaux: list[Tableau]
    region: Ligne | None
    note: str = LEGENDE


def page(asked: str, region: str) -> Page | None:
    """The page of the year asked, else of the latest; None when nothing is published yet. One query."""
    rows = publiees()
    if not rows:
        return None
    chosen = next((row for row in rows if str(row.annee) == asked), rows[0])
    told = {name: [_ligne(row) for row in chosen.chiffres[name]] for name in TABLES}
    years = [_ligne([str(row.annee), str(row.annee), *row.chiffres["france"][2:]]) for row in rows]
    place = next((row for row in told["regions"] if row.cle and row.cle == region), None)
    if place:
        inside = [row for row in told["departements"] if row.parent == region]
        territory = Tableau(f"{place.libelle}, par département", "Département", inside)
    else:
        territory = Tableau("Par région", "Région", told["regions"], _bars(told["regions"], "Heures par région"))
    tables = [
        territory,
        Tableau("Par secteur d'achat", "Secteur", told["secteurs"], _bars(told["secteurs"], "Heures par secteur")),
        Tableau("Par famille d'employeurs", "Famille", told["familles"]),
        Tableau("Année par année", "Année", years, _bars(years[::-1], "Heures par année")),
    ]  # fmt: skip
    return Page(
        chosen.annee, [row.annee for row in rows], chosen, _ligne(chosen.chiffres["france"]),
        [table for table in tables if table.lignes], place,
    )  # fmt: skip


def csv_rows(found: Page) -> list[list[Any]]:
    """Every cell of the year: level, key, label, then the measures; hidden people are « nc »."""
    chiffres = found.publication.chiffres
    rows = [["France", *_cells(chiffres["france"])]]
    for name, level in TABLES.items():
        rows += [[level, *_cells(row)] for row in chiffres[name]]
    return rows


ENTETES = ["Niveau", "Code", "Libellé", *MESURES]


def _cells(row: list) -> list[Any]:
    ligne = _ligne(row)
    return [ligne.cle, ligne.libelle, *(CACHE if value is None else value for value in ligne.mesures)]


def _ligne(row: list) -> Ligne:
    key, label, parent, heures, formation, marches, structures, entreprises, personnes = row
    return Ligne(key, label, parent, Decimal(heures), Decimal(formation), personnes, marches, structures, entreprises)


def _bars(lignes: list[Ligne], title: str):
    return charts.bar_chart([(ligne.libelle, ligne.heures) for ligne in lignes], unit="h", title=title)
