"""A month of hours in a table: one row a person under one assignment, and a clause when hours are shared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal import depots, siret
from portal.correspondance import Champ, apply, propose
from portal.imports import ImportReport
from portal.models import Depot
from portal.tables import TableError
from portal.text import fold

USAGE = "heures"  # of the files kept between two pages
MOST_HOURS = Decimal(744)  # of a month
MOST_ROWS = 20_000
CODE = re.compile(r"[\w-]{1,20}")
HOURS = re.compile(r"(\d{1,4})(?:[.,](\d{1,2})0*)?\s*h?", re.ASCII)
CLOCK = re.compile(r"(\d{1,4})\s*[:h]\s*(\d{2})(?::00)?", re.ASCII)
NAMES = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
NAMED = re.compile(r"([a-z]{3,9})\W*(\d{2}|\d{4})")  # « mars-26 », as a spreadsheet shows 2026-03
MONTH = re.compile(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?(?:[ T].*)?|(?:\d{1,2}/)?(\d{1,2})/(\d{4})", re.ASCII)

CHAMPS = (
    Champ("code", "Code", ("code participant", "code de la personne", "personne", "participant"), obligatoire=True),
    Champ("travail", "Heures de travail", ("travail", "heures travaillées", "heures"), obligatoire=True),
    Champ("formation", "Heures de formation", ("formation", "heures formation")),
    Champ("clause", "Clause", ("numéro de clause", "n° clause")),
    Champ("mois", "Mois", ("période",)),
    Champ("affectation", "Affectation", ("numéro d'affectation", "repère")),
    Champ("siret", "SIRET de l'employeur", ("siret", "siret employeur")),
    Champ("total", "Heures faites en tout", ("total du mois", "heures totales")),
)


@dataclass(frozen=True)
class LigneLue:
    """One row as understood. `clause`, `affectation`: numbers, None when not said; `total`: hours on every clause."""

    ligne: int
    code: str
    travail: Decimal
    formation: Decimal
    clause: int | None = None
    affectation: int | None = None
    siret: str = ""
    total: Decimal | None = None


class Ecartee(ValueError):
    """Why a row is left out, in French, and the cell at fault."""

    def __init__(self, raison: str, valeur: str = ""):
        super().__init__(raison)
        self.raison, self.valeur = raison, valeur


def lire(depot: Depot, mois: date, rapport: ImportReport) -> Iterator[LigneLue]:
    """The rows of the file that say hours; the others are counted in the report, with their reason.

    A row without hours (left empty in the model) changes nothing. `TableError`, in French, when it is no table.
    """
    mapping = colonnes(depot)
    refused: list[TableError] = []
    for number, row in enumerate(depots.table(depot, on_bad_row=refused.append), start=1):
        if number > MOST_ROWS:
            raise TableError("Plus de 20\u00a0000 lignes\u00a0: découpez le fichier en plusieurs, puis recommencez.")
        rapport.read()
        cells = apply(row, mapping)
        if not any(cells.get(name) for name in ("travail", "formation", "total")):
            rapport.unchanged()
            continue
        try:
            yield _row(row.line, cells, mois)
        except Ecartee as fault:
            rapport.set_aside(row.line, fault.raison, fault.valeur)
    for error in refused:
        rapport.read()
        rapport.set_aside(error.line, error.message)


def colonnes(depot: Depot) -> dict[str, str]:
    """Champ nom → header; `TableError` when a needed column is not there."""
    headers = depots.entetes(depot)
    mapping = propose(headers, CHAMPS)
    missing = [champ.libelle for champ in CHAMPS if champ.obligatoire and champ.nom not in mapping]
    if missing:
        names = ", ".join(f"«\u00a0{name}\u00a0»" for name in missing)
        raise TableError(
            f"Colonne introuvable\u00a0: {names}. Repartez du modèle à télécharger sur la page du mois, ou nommez "
            "ainsi la première ligne du tableau."
        )
    return mapping


def _row(line: int, cells: dict[str, str], mois: date) -> LigneLue:
    code = cells["code"].replace("\x00", "").strip().upper()
    if not CODE.fullmatch(code):
        raise Ecartee("Code de la personne absent ou illisible\u00a0: recopiez celui du modèle.", cells["code"][:40])
    _check_month(cells.get("mois", ""), mois)
    travail, formation = lire_heures(cells["travail"]), lire_heures(cells.get("formation", ""))
    if travail + formation > MOST_HOURS:
        raise Ecartee("Un mois ne compte pas plus de 744 heures.", f"{travail + formation}")
    total = cells.get("total", "")
    return LigneLue(
        ligne=line,
        code=code,
        travail=travail,
        formation=formation,
        clause=_number(cells.get("clause", ""), "Numéro de clause"),
        affectation=_number(cells.get("affectation", ""), "Numéro d'affectation"),
        siret=siret.clean(cells.get("siret", ""))[:60],
        total=lire_heures(total) if total else None,
    )


def lire_heures(text: str) -> Decimal:
    """« 151,67 », « 151.67 », « 12 h », « 7:30 », « 7h30 » as hours; "" is 0; `Ecartee` for anything else."""
    text = re.sub(r"[\u00a0\u202f]", " ", text).strip()
    if not text:
        return Decimal(0)
    clock = CLOCK.fullmatch(text)
    if clock and int(clock[2]) < 60:
        hours = Decimal(clock[1]) + Decimal(clock[2]) / 60
        return hours.quantize(Decimal("0.01"))
    plain = HOURS.fullmatch(text.replace(" ", ""))
    if not plain:
        raise Ecartee("Heures illisibles\u00a0: écrivez par exemple 151,67, sans autre signe.", text[:40])
    hours = Decimal(f"{plain[1]}.{plain[2] or 0}")
    if hours > MOST_HOURS:
        raise Ecartee("Un mois ne compte pas plus de 744 heures.", text[:40])
    return hours


def _check_month(text: str, mois: date) -> None:
    named = NAMED.fullmatch(fold(text))
    found = [number for number, name in enumerate(NAMES, 1) if named and named[1].startswith(name)]
    if not text or (found and (found[0], int(named[2]) % 100) == (mois.month, mois.year % 100)):
        return
    read = MONTH.fullmatch(text.strip())
    if not read:
        raise Ecartee(f"Mois illisible\u00a0: écrivez {mois:%m/%Y}, ou laissez vide.", text[:40])
    year, month = (read[1], read[2]) if read[1] else (read[4], read[3])
    if (int(year), int(month)) != (mois.year, mois.month):
        raise Ecartee(f"Cette ligne n'est pas du mois de cette page, {mois:%m/%Y}.", text[:40])


def _number(text: str, what: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise Ecartee(f"{what} illisible\u00a0: recopiez celui du modèle, ou laissez vide.", text[:40])
    return int(text)
