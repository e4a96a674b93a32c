"""What the importers of structures share: one file, one transaction, one report; and how dirty cells are read."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import transaction
from django.utils import timezone

from portal.correspondance import Champ, apply, propose
from portal.imports import ImportReport
from portal.models import Importation
from portal.siret import clean, repair
from portal.tables import Row, TableError, read_table
from portal.text import fold
from structures.data_inclusion import RESEAUX
from structures.importers.communes import CommuneMatcher
from structures.importers.identites import identify
from structures.lieux import departement_of
from structures.models import Departement, Reseau, Secteur
from structures.rules import longest_prefix, usual_mode
from structures.upsert import Fiche, import_fiches

OnBadRow = Callable[[TableError], None]

_DAY = re.compile(
    r"(?:(?P<y1>(?:19|20)\d\d)-(?P<m1>\d\d)-(?P<d1>\d\d)|(?P<d2>\d\d?)[/.-](?P<m2>\d\d?)[/.-](?P<y2>(?:19|20)\d\d))(?!\d)"
)
_url = URLValidator(schemes=["http", "https"])


@dataclass
class Context:
    """What reading one file needs: places and sectors, read once, and the day the source was published."""

    report: ImportReport
    publie_le: date | None = None
    communes: CommuneMatcher = field(default_factory=CommuneMatcher)
    departements: set[str] = field(default_factory=lambda: set(Departement.objects.values_list("pk", flat=True)))
    naf: dict[str, str] = field(default_factory=lambda: _prefixes("naf"))
    rome: dict[str, str] = field(default_factory=lambda: _prefixes("rome"))
    networks: dict[str, str] = field(default_factory=dict)

    def network(self, value: str) -> str:
        """The slug of the network that data·inclusion calls `value`: `value` itself when we have none of that name
        (`make_networks` writes it)."""
        if not self.networks:
            known = {fold(nom): slug for nom, slug in Reseau.objects.values_list("nom", "slug")}
            slugs = set(known.values())
            self.networks = {
                each: each if each in slugs else known.get(fold(nom), each) for each, nom in RESEAUX.items()
            }
        return self.networks[value]

    def activities(self, kind: str, naf: str = "", romes: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """Sectors deduced from trades, otherwise from the NAF code, with the usual mode of this kind."""
        found = [longest_prefix(self.rome, rome) for rome in romes if rome]
        codes = dict.fromkeys(filter(None, found)) or dict.fromkeys(filter(None, [longest_prefix(self.naf, naf)]))
        return [(code, usual_mode(kind).value) for code in codes]


@dataclass(frozen=True)
class Format:
    """One official format: its columns, its usual day of publication, and how a line becomes a `Fiche`."""

    name: str
    libelle: str
    required: tuple[str, ...]
    read: Callable[[Row, Context], Fiche | None]
    publie_le: date | None = None
    champs: tuple[Champ, ...] = ()  # when columns are known by what people call them
    records: Callable[[Path | BinaryIO], Iterator[Row]] | None = None  # when the file is no table
    by_siret: bool = False  # it tells no other identifier: a card known by SIRET and kind is the one meant


def import_file(format: Format, path: str | Path, publie_le: date | None = None, par=None) -> ImportReport:
    """Import one file, whole or not at all: `FichierRefuse` says why nothing was written."""
    path = Path(path)
    report = ImportReport(path.name)
    context = Context(report, publie_le or format.publie_le)
    with transaction.atomic():
        importation = Importation.objects.create(format=format.name, fichier=path.name[:200], par=par)
        fiches = list(understood(format, lambda on_bad_row: _rows(format, path, on_bad_row), context))
        make_networks(fiches)
        import_fiches(fiches, importation, report)
        report.check()
        importation.rapport = report.as_dict()
        importation.terminee_le = timezone.now()
        importation.save()
    return report


def understood(format: Format, rows: Callable[[OnBadRow], Iterator[Row]], context: Context) -> Iterator[Fiche]:
    """The fiches of one file. `rows` gives its lines, once told who takes those too long for their table; `TableError`
    when it cannot be read to its end."""

    def too_long(error: TableError) -> None:
        context.report.read()
        context.report.set_aside(error.line, error.message)

    lines = rows(too_long)
    if format.champs:
        lines = _by_headers(lines, format.champs)
    read = (format.read(row, context) for row in context.report.reading(lines))
    fiches = (fiche for fiche in read if fiche is not None)
    return identify(fiches, context.report) if format.by_siret else fiches


def make_networks(fiches: Iterable[Fiche]) -> list[str]:
    """Write the networks of data·inclusion that these fiches name and that we do not have; their slugs."""
    named = {slug for fiche in fiches for slug in fiche.reseaux} & RESEAUX.keys()
    missing = sorted(named - set(Reseau.objects.filter(slug__in=named).values_list("slug", flat=True)))
    for slug in missing:
        Reseau.objects.create(nom=RESEAUX[slug], slug=slug)
    return missing


def _rows(format: Format, path: Path, on_bad_row: OnBadRow) -> Iterator[Row]:
    if format.records:
        return format.records(path)
    return read_table(path, required=format.required, on_bad_row=on_bad_row)


def _by_headers(rows: Iterator[Row], champs: tuple[Champ, ...]) -> Iterator[Row]:
    """The rows with the names of `champs` in place of the headers of the file; TableError when a needed one is
    missing."""
    mapping: dict[str, str] | None = None
    for row in rows:
        if mapping is None:
            mapping = propose(row.values, champs)
            missing = [
                f"«\u00a0{champ.libelle}\u00a0»" for champ in champs if champ.obligatoire and champ.nom not in mapping
            ]
            if missing:
                raise TableError(
                    f"Aucune colonne reconnue pour {', '.join(missing)}\u00a0: renommez les colonnes du fichier. "
                    f"Colonnes lues\u00a0: {', '.join(list(row.values)[:30])}."
                )
        yield Row(row.line, apply(row, mapping))


def _prefixes(column: str) -> dict[str, str]:
    rows = Secteur.objects.exclude(**{column: ""}).values_list("code", column)
    return {prefix: code for code, prefixes in rows for prefix in prefixes.split()}


# Cells --------------------------------------------------------------------------------------------------------------
@dataclass
class Reading:
    """One line being read; what is wrong but kept is written down as it goes."""

    row: Row
    context: Context
    signalements: list[tuple[str, str]] = field(default_factory=list)

    def __getitem__(self, column: str) -> str:
        return " ".join(self.row.values.get(column, "").split())

    def flag(self, reason: str, value: str = "") -> None:
        self.signalements.append((reason, value))

    def set_aside(self, reason: str, value: str = "") -> None:
        self.context.report.set_aside(self.row.line, reason, value)

    def siret(self, column: str) -> tuple[str, bool]:
        """The SIRET, its lost zeros given back, and whether its key is right; ("", True) when the cell is empty."""
        written = clean(self[column])
        if not written:
            return "", True
        number, valid = repair(self[column])
        if not valid:
            self.flag("SIRET invalide, conservé", self[column])
            return number[:60], False
        if number != written:
            self.flag("zéros de tête du SIRET rétablis", self[column])
        return number, True

    def digits(self, column: str, length: int, what: str) -> str:
        """A number written with `length` digits, its lost zeros given back; "" when it is not a number."""
        written = clean(self[column]).upper()
        if not written:
            return ""
        if written.isdigit() and len(written) < length:
            self.flag(f"zéros de tête rétablis ({what})", self[column])
            return written.zfill(length)
        return written

    def place(self, city: str, postcode: str, departement: str = "", code: str = "") -> dict[str, Any]:
        """The place columns of a structure: the commune by its code, otherwise by its name."""
        known = self.context.communes
        commune = code if code in known.departement else None
        if commune is None:
            found = known.match(city, postcode, departement)
            commune = found.code
            if found.raison and (city or postcode):
                self.flag(found.raison, f"{postcode} {city}".strip())
        place = departement
        if commune:
            place = known.departement[commune] or departement
        place = place or departement_of(postcode)
        return {
            "code_postal": postcode[:10],
            "ville": known.spelled(tidy_city(city), commune)[:100],
            "commune_id": commune,
            "departement_id": place if place in self.context.departements else None,
        }

    def email(self, column: str) -> str:
        return self._checked(column, self[column], validate_email, "courriel illisible, laissé de côté")[:254]

    def url(self, column: str) -> str:
        text = self[column]
        if text and "://" not in text:
            text = f"https://{text}"
        return self._checked(column, text, _url, "adresse du site illisible, laissée de côté")[:300]

    def whole(self, column: str) -> int | None:
        text = clean(self[column])
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None

    def coordinate(self, column: str, bound: float) -> float | None:
        text = self[column].replace(",", ".")
        try:
            value = float(text) if text else None
        except ValueError:
            value = None
            self.flag("coordonnée illisible, laissée de côté", text)
        if value is not None and not abs(value) <= bound:
            self.flag("coordonnée impossible, laissée de côté", text)
            return None
        return value

    def fiche(self, **given) -> Fiche:
        return Fiche(
            ligne=self.row.line,
            signalements=self.signalements,
            **dict[str, Any](publie_le=self.context.publie_le, brut=self.row.values) | given,
        )

    def _checked(self, column: str, text: str, validate: Callable[[str], None], refusal: str) -> str:
        if not text:
            return ""
        try:
            validate(text)
        except ValidationError:
            self.flag(refusal, text)
            return ""
        return text


def day_of(text: str) -> str | None:
    """« 22/11/2026 », « 2026-11-22 » or a moment of that day → "2026-11-22"; None for anything else."""
    found = _DAY.match(text)
    if not found:
        return None
    year, month, day = (
        (found["y1"], found["m1"], found["d1"]) if found["y1"] else (found["y2"], found["m2"], found["d2"])
    )
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def joined(*parts: str) -> str:
    """Parts of an address on one line, empty ones left out."""
    return " ".join(" ".join(parts).split())[:250]


def tidy_city(city: str) -> str:
    """A city without its CEDEX mention."""
    return re.sub(r"\s*\bcedex\b\s*\d*\s*$", "", city, flags=re.IGNORECASE).strip()
