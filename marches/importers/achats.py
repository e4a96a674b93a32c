"""Purchase lines of a buyer, from any table: which column is what, what each cell means, who the supplier is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from portal import depots
from portal.correspondance import Champ, apply
from portal.imports import ImportReport
from portal.models import Depot
from portal.tables import Row
from portal.text import fold
from structures.fournisseurs import Etat, Reponse, rapprocher
from structures.fournisseurs import lire as lire_numero
from structures.models import Activite
from structures.rules import convention_state

USAGE = "achats"  # of the files kept between two pages
FIRST_YEAR = 2000
SUSPECT = Decimal(10) ** 9  # an amount beyond is a typing mistake: it would drown every sum
TOTAL = re.compile(r"(sous )?total( general| ht| ttc| annuel| \d+)*")
CENT = Decimal("0.01")
WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
LONGEST_NUMBER = 40
REMEMBERED = 8_192  # suppliers whose number is checked once, however many lines they have
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

CHAMPS = (
    Champ(
        "siret",
        "SIRET du fournisseur",
        ("siret", "numéro siret", "n° siret", "code siret", "siret tiers", "siret titulaire", "siren"),
        obligatoire=True,
        aide="Un SIREN seul ne suffit pas à dire quel établissement a vendu\u00a0: il est compté à part.",
    ),
    Champ(
        "montant",
        "Montant HT",
        (
            "montant", "montant ht", "montant euros ht", "total ht", "montant hors taxes", "ht", "dépense", "prix ht",
            "montant facturé", "montant mandaté", "montant payé",
        ),
        obligatoire=True,
        aide="En euros hors taxes\u00a0; un avoir porte un montant négatif.",
    ),
    Champ(
        "date",
        "Date ou année",
        ("date", "année", "exercice", "date facture", "date de paiement", "date mandat", "année budgétaire"),
        aide="Sans cette colonne, indiquez plus bas l'année de tout le fichier.",
    ),
    Champ(
        "fournisseur",
        "Nom du fournisseur",
        ("fournisseur", "raison sociale", "nom fournisseur", "tiers", "nom du tiers", "créancier", "dénomination"),
    ),
    Champ(
        "categorie",
        "Catégorie d'achat",
        ("catégorie", "famille", "famille d'achat", "segment", "nomenclature", "libellé nature", "nature", "cpv"),
    ),
    Champ(
        "entite",
        "Service acheteur",
        ("entité", "service", "direction", "service gestionnaire", "établissement", "pôle", "centre de coût"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LigneLue:
    """One purchase line as understood; `siret` is a SIRET, a SIREN or ""."""

    ligne: int
    annee: int
    siret: str
    fournisseur: str
    montant: Decimal
    categorie: str
    entite: str


class Ecartee(ValueError):
    """Why a line is left out, in French, and the cell at fault."""

    def __init__(self, raison: str, valeur: str = ""):
        super().__init__(raison)
        self.raison, self.valeur = raison, valeur


# Cells --------------------------------------------------------------------------------------------------------------
_PLAIN = re.compile(r"-?\d{1,12}(?:,\d{1,2})?", re.ASCII)
_AROUND = re.compile(r"[\s'’\u00a0\u202f\u2009]|€|euros?|eur|ht\b", re.IGNORECASE)


_short_number = lru_cache(REMEMBERED)(lire_numero)


def _number(text: str) -> tuple[str, str]:
    """`lire_numero`, remembered: what it costs would be most of the reading of a file."""
    return _short_number(text) if len(text) <= LONGEST_NUMBER else lire_numero(text)


@lru_cache(REMEMBERED)
def _is_total(text: str) -> bool:
    return bool(TOTAL.fullmatch(fold(text)))


def lire_montant(text: str, *, classeur: bool = False) -> Decimal:
    """Euros, to the cent: « 1 234,56 », « -12,5 € », « (12,50) », « 1.234,56 », « 1,234.56 ».

    In a workbook a point is always decimal; in a text file « 1.234 » could be either, so it is refused. `Ecartee` for
    what is no amount, for none, and beyond a billion.
    """
    if _PLAIN.fullmatch(text) and (amount := Decimal(text.replace(",", "."))) and abs(amount) < SUSPECT:
        return amount.quantize(CENT)
    number = _AROUND.sub("", text.replace("−", "-"))
    negative = (number.startswith("(") and number.endswith(")")) or number.endswith("-")
    number = number.strip("()").removesuffix("-")
    if not number:
        raise Ecartee("Montant absent\u00a0: indiquez le montant HT de la ligne.", text)
    if "," in number and "." in number:
        decimal = max(number.rfind(","), number.rfind("."))
        number = re.sub("[.,]", "", number[:decimal]) + "." + number[decimal + 1 :]
    elif re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3}){2,}|[+-]?\d{1,3}(?:\.\d{3}){2,}", number):
        number = re.sub("[.,]", "", number)
    elif not classeur and re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", number):
        raise Ecartee("Montant ambigu, point des milliers ou des décimales\u00a0: écrivez la virgule décimale.", text)
    number = number.replace(",", ".")
    if len(number) > LONGEST_NUMBER or not re.fullmatch(r"[+-]?\d+(?:\.\d*)?", number, flags=re.ASCII):
        raise Ecartee("Montant illisible\u00a0: écrivez par exemple 1\u00a0234,56.", text)
    amount = Decimal(number).quantize(CENT, context=WIDE)
    if abs(amount) >= SUSPECT:
        raise Ecartee("Montant d'un milliard d'euros ou plus, invraisemblable pour une ligne\u00a0: vérifiez-le.", text)
    if not amount:
        raise Ecartee("Montant nul\u00a0: rien à compter.", text)
    return -amount if negative else amount


_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[ T].*)?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_FRENCH = re.compile(r"(?:(\d{1,2})[-/.])?(\d{1,2})[-/.](\d{4}|\d{2})(?: .*)?", re.ASCII)


@lru_cache(maxsize=4096)
def lire_annee(text: str, on: date) -> int:
    """The year of « 2025 », « 2025-03-12 », « 12/03/2025 », « 12/03/25 », « 03/2025 »; `Ecartee` otherwise.

    No purchase is dated before 2000, nor after the year of the day `on`.
    """
    unreadable = Ecartee("Date illisible\u00a0: écrivez l'année (2025) ou la date (12/03/2025).", text)
    if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        year, month, day = found.groups()
    elif found := _FRENCH.fullmatch(text):
        day, month, year = found.groups()
    else:
        raise unreadable
    year = f"20{year}" if len(year) == 2 else year
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise unreadable from None
    if not FIRST_YEAR <= int(year) <= on.year:
        raise Ecartee(f"Année hors limites\u00a0: de {FIRST_YEAR} à {on.year}.", text)
    return int(year)


def lire_ligne(row: Row, mapping: Mapping[str, str], annee: int | None, on: date, *, classeur: bool) -> LigneLue:
    """One row as understood; `annee` stands for the date where no column has it. `Ecartee` when it must be left out."""
    cells = apply(row, mapping)
    supplier, typed = cells.get("fournisseur", "")[:250], cells["siret"]
    if not (supplier or typed) or _is_total((typed or supplier)[:100]):
        raise Ecartee("Ni SIRET ni nom de fournisseur, ou ligne de total\u00a0: laissée de côté.", supplier or typed)
    amount = lire_montant(cells["montant"], classeur=classeur)
    if mapping.get("date"):
        year = lire_annee(cells["date"].strip()[:40], on) if cells["date"] else annee
    else:
        year = annee
    if year is None:
        raise Ecartee("Date absente\u00a0: indiquez l'année ou la date de l'achat.")
    siret, fault = _number(typed)
    return LigneLue(
        row.line, year, "" if fault else siret, supplier, amount,
        cells.get("categorie", "")[:150], cells.get("entite", "")[:150],
    )  # fmt: skip


def est_classeur(depot: Depot) -> bool:
    """Whether the file is a workbook, where numbers are numbers."""
    return bytes(depot.contenu[:4]) in WORKBOOKS


def lire(depot: Depot, mapping: Mapping[str, str], annee: int | None, on: date, report: ImportReport):
    """The lines understood, one by one; those set aside, and the suppliers without a valid number, go to `report`.

    FichierRefuse when the file is no table.
    """
    classeur = est_classeur(depot)

    def too_long(error):
        report.read()
        report.set_aside(error.line, error.message)

    for row in depots.table(depot, on_bad_row=too_long):
        report.read()
        try:
            ligne = lire_ligne(row, mapping, annee, on, classeur=classeur)
        except Ecartee as left:
            report.set_aside(row.line, left.raison, left.valeur[:200])
            continue
        report.created()
        if not ligne.siret:
            typed = row.values.get(mapping["siret"], "")
            report.flag(row.line, f"Comptée sans fournisseur reconnu. {_number(typed)[1]}", typed[:60])
        yield ligne


# Suppliers ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Connu:
    """What a purchase line keeps of the directory; `kind` is "" for another establishment of the same company."""

    structure: int | None = None
    kind: str = ""
    secteur: int | None = None
    qpv: bool | None = None


class Annuaire:
    """The directory as asked by an import: each supplier once, by handfuls."""

    def __init__(self, on: date):
        self.on = on
        self.connus: dict[str, Connu] = {"": Connu()}

    def __getitem__(self, numero: str) -> Connu:
        return self.connus[numero]

    def ask(self, numeros: Iterable[str]) -> None:
        """Learn the numbers not met before; two queries for 2 000 companies."""
        answers = rapprocher(set(numeros) - self.connus.keys())
        shown = {numero: self._shown(answer) for numero, answer in answers.items()}
        sectors = secteurs_of({card.pk for card in shown.values() if card})
        for numero, card in shown.items():
            if card is None:
                self.connus[numero] = Connu()
            elif answers[numero].etat == Etat.INCLUSIF:
                self.connus[numero] = Connu(card.pk, card.kind, sectors.get(card.pk), card.siege_qpv)
            else:
                self.connus[numero] = Connu(card.pk)

    def _shown(self, answer: Reponse):
        """The card a line counts under: of several kinds at one SIRET, first one whose convention runs."""
        cards = answer.ici or answer.ailleurs
        return min(
            cards,
            key=lambda card: (not convention_state(card.convention_debut, card.convention_fin, self.on).is_ok, card.pk),
            default=None,
        )


def secteurs_of(structures: set[int]) -> dict[int, int]:
    """The sector of each structure: its only one, else the family all its activities share; none otherwise."""
    found: dict[int, set[tuple[int, int]]] = {}
    rows = Activite.objects.filter(structure__in=structures).values_list("structure", "secteur", "secteur__parent")
    for structure, secteur, parent in rows:
        found.setdefault(structure, set()).add((secteur, parent or secteur))
    sectors = {}
    for structure, pairs in found.items():
        own, families = {secteur for secteur, _ in pairs}, {family for _, family in pairs}
        if len(own) == 1 or len(families) == 1:
            sectors[structure] = (own if len(own) == 1 else families).pop()
    return sectors
