"""Dated parameters of calculations, read from the small CSV files of `clauses/data/`."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from portal.parametres import Parametre, Parametres

DATA = Path(__file__).resolve().parent / "data"
_TABLES = Parametres(DATA)
load, find = _TABLES.load, _TABLES.find


def part_main_oeuvre(secteur: str, on: date) -> Parametre | None:
    """Default labour share of a sector code, else of its family, else None."""
    return find("parts_main_oeuvre", on, secteur) or find("parts_main_oeuvre", on, secteur.partition(".")[0])


def cout_horaire(on: date) -> Parametre:
    """Default cost of one hour, all charges, in euros."""
    return _TABLES.required("couts_horaires", on)


def taux_insertion(on: date) -> Parametre:
    """Default insertion rate, from 0 to 1."""
    return _TABLES.required("taux_insertion", on)


def heures_par_personne(on: date) -> Parametre:
    """Average hours that one person does in a clause, with its source."""
    return _TABLES.required("seuils", on, "heures_par_personne")


def termes_suivi(on: date) -> tuple[int, ...]:
    """Months after an exit when a follow-up point falls due, for people who left on that day, in order."""
    rows = load("points_suivi")
    held = [row for row in rows if row.holds(on)] or [row for row in rows if row.holds(rows[0].valable_du)]
    return tuple(sorted(int(row.valeur) for row in held))


def duree_etape(code: str, on: date) -> Parametre:
    """Days that a step of a procedure takes, with its source; KeyError when the code has no row."""
    return _TABLES.required("procedure", on, code)


def seuil(code: str, on: date) -> Decimal:
    """A threshold or a base of `seuils.csv`; KeyError when the code has no row on that day."""
    return _TABLES.required("seuils", on, code).valeur


def eligibilite_mois(critere: str, on: date) -> int | None:
    """Months for which this criterion of `clauses.enums.Critere` is taken to hold where a row is its own; None where it
    follows the common rule. 0: no usual duration, the evidence seen tells the end."""
    found = find("seuils", on, f"eligibilite_mois_{critere}")
    return int(found.valeur) if found else None
