"""The public statistics page: which year and which région are asked, and its tables as people read them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clauses.exporters.bilans import CACHE
from clauses.models import StatistiquePublique
from clauses.stats.publiques import publiees
from portal import charts

TABLES = {"regions": "Région", "departements": "Département", "secteurs": "Secteur", "familles": "Famille d'employeurs"}
NOTE = (
    "nc\u00a0: non communiqué. Un effectif de 1 à 4 personnes n'est pas publié, ni le plus petit des autres quand il "
    "permettrait de le retrouver en ajoutant et en retranchant. Les heures se lisent déjà marché par marché."
)
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
    lien: str = ""  # the question that the key of a row answers: region, secteur, or none
    dessin: Any = ""


@dataclass(frozen=True)
class Page:
    """A year, the figures of what is asked, its tables; `region` and `secteur` when they are looked into."""

    annee: int
    annees: list[int]
    publication: StatistiquePublique
    ensemble: Ligne
    tableaux: list[Tableau]
    choix: dict[str, list[Ligne]]  # régions and sectors that may be asked
    region: Ligne | None
    secteur: Ligne | None
    note: str = NOTE

    @property
    def titre(self) -> str:
        asked = [ligne.libelle for ligne in (self.secteur, self.region) if ligne]
        return ", ".join([*asked, str(self.annee)]) if asked else f"Statistiques {self.annee}"


def page(asked: str, region: str, secteur: str = "") -> Page | None:
    """The year asked, else the latest; None when nothing is published yet. One query, two for a région or a sector."""
    rows = publiees()
    if not rows:
        return None
    chosen = next((row for row in rows if str(row.annee) == asked), rows[0])
    told = {name: [_ligne(row) for row in chosen.chiffres[name]] for name in TABLES}
    choix = {name: [row for row in told[name] if row.cle] for name in ("regions", "secteurs")}
    place = next((row for row in choix["regions"] if row.cle == region), None)
    sector = next((row for row in choix["secteurs"] if row.cle == secteur), None)
    ensemble = place or sector or _ligne(chosen.chiffres["france"])
    if place and sector:
        ensemble = next(iter(_croisees(chosen, told, "regions", region, secteur, "secteur")), _vide(sector))
        inside = _croisees(chosen, told, "departements", region, secteur, "lieu")
        tables = [_tableau("Par département", "Département", inside)]
    elif place:
        inside = [row for row in told["departements"] if row.parent == region]
        across = _croisees(chosen, told, "regions", region, "", "secteur")
        tables = [
            _tableau("Par département", "Département", inside),
            _tableau("Par secteur d'achat", "Secteur", across, "secteur"),
        ]
    elif sector:
        across = _croisees(chosen, told, "regions", "", secteur, "lieu")
        tables = [_tableau("Par région", "Région", across, "region")]
    else:
        years = [_ligne([str(row.annee), str(row.annee), *row.chiffres["france"][2:]]) for row in rows]
        tables = [
            _tableau("Par région", "Région", told["regions"], "region"),
            _tableau("Par secteur d'achat", "Secteur", told["secteurs"], "secteur"),
            Tableau("Par famille d'employeurs", "Famille", told["familles"]),
            Tableau("Année par année", "Année", years, dessin=_bars(years[::-1], "Année par année")),
        ]
    return Page(
        chosen.annee, [row.annee for row in rows], chosen, ensemble, [table for table in tables if table.lignes],
        choix, place, sector,
    )  # fmt: skip


def _croisees(
    chosen: StatistiquePublique, told: dict[str, list[Ligne]], level: str, region: str, secteur: str, par: str
) -> list[Ligne]:
    """Rows of sectors in places: of one région, of one sector, or of both when given; named by `par` (lieu, secteur).

    Empty for a year published before its sectors were crossed with places.
    """
    places, sectors = ({row.cle: row for row in told[name]} for name in (level, "secteurs"))
    found = []
    for lieu, key, *mesures in chosen.croisements.get(level, ()):
        place, sector = places[lieu], sectors[key]
        if region and region != (place.parent or place.cle) or secteur and secteur != key:
            continue
        name = place if par == "lieu" else sector
        found.append(_ligne([name.cle, name.libelle, "", *mesures]))
    order = {row.cle: rank for rank, row in enumerate((places if par == "lieu" else sectors).values())}
    return sorted(found, key=lambda ligne: order[ligne.cle])


def _vide(sector: Ligne) -> Ligne:
    return _ligne([sector.cle, sector.libelle, "", "0", "0", 0, 0, 0, 0])


def csv_rows(found: Page) -> list[list[Any]]:
    """Every cell of the year: level, key, label, sector that crosses a place, measures; hidden people are « nc »."""
    chiffres = found.publication.chiffres
    rows = [["France", *_cells(chiffres["france"])]]
    names: dict[str, dict[str, str]] = {}
    for name, level in TABLES.items():
        rows += [[level, *_cells(row)] for row in chiffres[name]]
        names[name] = {row[0]: row[1] for row in chiffres[name]}
    for name, lines in found.publication.croisements.items():
        for lieu, secteur, *mesures in lines:
            row = [lieu, names[name][lieu], "", *mesures]
            rows.append([f"{TABLES[name]} et secteur", *_cells(row, names["secteurs"][secteur])])
    return rows


ENTETES = ["Niveau", "Code", "Libellé", "Secteur", *MESURES]


def _cells(row: list, secteur: str = "") -> list[Any]:
    ligne = _ligne(row)
    return [ligne.cle, ligne.libelle, secteur, *(CACHE if value is None else value for value in ligne.mesures)]


def _ligne(row: list) -> Ligne:
    key, label, parent, heures, formation, marches, structures, entreprises, personnes = row
    return Ligne(key, label, parent, Decimal(heures), Decimal(formation), personnes, marches, structures, entreprises)


def _tableau(titre: str, premiere: str, lignes: list[Ligne], lien: str = "") -> Tableau:
    return Tableau(titre, premiere, lignes, lien, _bars(lignes, titre) if lignes else "")


def _bars(lignes: list[Ligne], title: str):
    return charts.bar_chart(
        [(ligne.libelle, ligne.heures) for ligne in lignes], unit="h", title=f"Heures, {title.lower()}"
    )
