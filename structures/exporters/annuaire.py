"""The directory as a table. Which columns come out is decided by the role of who asks, never by the address."""

import codecs
import csv
import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.db.models import QuerySet

from portal.permissions import Acteur
from portal.tables import printed
from portal.text import slugify_fr
from structures.enums import Kind
from structures.exporters.lecture import COLUMNS, MODES, Names, Piece, flat, pieces
from structures.models import Structure
from structures.rules import reservable

logger = logging.getLogger(__name__)

OPEN = (
    "SIRET", "SIREN", "Autre identifiant", "Type", "Type en clair", "Nom", "Enseigne", "Secteurs", "Modes",
    "Zone d'intervention", "Adresse", "Code postal", "Ville", "Code commune (INSEE)", "Code département",
    "Département", "Région", "Latitude", "Longitude", "Places", "Effectif", "Réseaux", "Labels", "Fin de convention",
    "Lots réservés", "Complétude (%)", "Source", "Date des données", "Site", "Fiche",
)  # fmt: skip
CONTACT = ("Courriel public", "Téléphone public")
LARGEST_SHEET = 20_000  # rows of a workbook, written while the browser waits
SEPARATOR = " | "  # with a « ; », nearly every line would need quotes
NOT_DECLARED = "non déclarée"
CUT_SHORT = "EXPORT INTERROMPU : ce fichier est incomplet, relancez l'export."
# How a cell that needs a second look begins; `printed` then decides.
RISKY = frozenset("=+-@＝＋－＠' ")


def sees_contact(acteur: Acteur) -> bool:
    """Public addresses and telephones leave in bulk only with people who act under a role of the portal."""
    return acteur.role is not None


def header(contact: bool) -> tuple[str, ...]:
    return OPEN + CONTACT if contact else OPEN


def csv_lines(queryset: QuerySet[Structure], *, contact: bool, base: str, on: date) -> Iterator[bytes]:
    """The CSV of these structures, piece by piece: « ; », byte order mark, decimal comma, no cell run as a formula.

    `base` is the address before « 12-nom-de-la-structure/ ». Should the reading fail midway, the last line says that
    the file is incomplete, and the connection is broken.
    """
    writer_of, names = _Cells(contact, base, on, for_csv=True), Names.read()
    yield codecs.BOM_UTF8 + _written([header(contact)])
    try:
        for piece in pieces(queryset, COLUMNS, names):
            yield _written(writer_of.rows(piece, names))
    except Exception:
        logger.exception("Export de l'annuaire interrompu")
        yield _written([[CUT_SHORT]])
        raise


def sheet_rows(queryset: QuerySet[Structure], *, contact: bool, base: str, on: date) -> Iterator[list]:
    """The rows of a workbook: numbers and dates keep their type."""
    cells, names = _Cells(contact, base, on, for_csv=False), Names.read()
    return flat(cells.rows(piece, names) for piece in pieces(queryset, COLUMNS, names))


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    """Lines of CSV. A line without anything to quote is joined, which costs a sixth of `csv.writer`."""
    lines = []
    for row in rows:
        line = ";".join(row)
        if line.count(";") != len(row) - 1 or '"' in line or "\n" in line or "\r" in line:
            text = io.StringIO(newline="")
            csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(row)
            line = text.getvalue().removesuffix("\r\n")
        lines.append(line)
    lines.append("")
    return "\r\n".join(lines).encode()


def address(pk: int, nom_tri: str) -> str:
    """What follows `base` in the address of a card: `Structure.slug`, from the name already folded."""
    simple = nom_tri.isascii() and 0 < len(nom_tri) <= 60
    return f"{pk}-{nom_tri.replace(' ', '-') if simple else slugify_fr(nom_tri) or 'structure'}/"


def in_reserved_lots(kind: str, on: date) -> str:
    """The reserved lots that a structure of this kind may answer on that day."""
    labels = (("insertion", "insertion"), ("handicap", "handicap"), ("penitentiaire", "prison"))
    return SEPARATOR.join(label for name, label in labels if reservable(kind, name, on))


class _Cells:
    """Turns pieces into rows; a hundred thousand of them in a few seconds, so each step counts."""

    def __init__(self, contact: bool, base: str, on: date, *, for_csv: bool):
        self.contact, self.base, self.for_csv = contact, base, for_csv
        self.kinds = {kind.value: (kind.label, in_reserved_lots(kind.value, on)) for kind in Kind}

    def rows(self, piece: Piece, names: Names) -> list[list]:
        text, number, day, point = _CSV if self.for_csv else _SHEET
        sector, network, label, zone_words = names.secteurs, names.reseaux, names.labels, names.zone
        departements, nowhere, none = names.departements, ("", ""), ()
        kinds, base, contact = self.kinds, self.base, self.contact
        of_activity, of_network, of_label = piece.activites.get, piece.reseaux.get, piece.labels.get
        made = []
        for (
            pk, kind, identifiant_source, nom, enseigne, nom_tri, adresse, code_postal, ville, commune,
            departement, latitude, longitude, courriel, telephone, site, convention_fin, capacite, effectif, source,
            donnees_du, type_identifiant, identifiant, siren, completude,
        ) in piece.rows:  # fmt: skip
            is_siret = type_identifiant == "SIRET"
            kind_label, lots = kinds[kind]
            departement_nom, region = departements.get(departement, nowhere)
            activities = of_activity(pk, none)
            zones = {(zone, rayon) for _, _, zone, rayon in activities if zone}
            networks, labels = of_network(pk, none), of_label(pk, none)
            row = [
                text(identifiant) if is_siret else "",
                siren or "",
                text(f"{type_identifiant} {identifiant}" if identifiant and not is_siret else identifiant_source),
                kind,
                kind_label,
                text(nom),
                text(enseigne) if enseigne else "",
                text(SEPARATOR.join([sector[rank] for rank in sorted({each[0] for each in activities})])),
                SEPARATOR.join([MODES[mode] for mode in sorted({each[1] for each in activities})]),
                text(SEPARATOR.join(sorted({zone_words(*each) for each in zones}))) if zones else NOT_DECLARED,
                text(adresse) if adresse else "",
                text(code_postal),
                text(ville),
                commune or "",
                departement or "",
                departement_nom,
                region,
                point(latitude),
                point(longitude),
                "" if capacite is None else number(capacite),
                "" if effectif is None else number(effectif),
                text(SEPARATOR.join([network[key][0] for key in networks])) if networks else "",
                text(SEPARATOR.join([label[key] for key in labels])) if labels else "",
                day(convention_fin) if convention_fin else "",
                lots,
                number(completude),
                text(source),
                day(donnees_du),
                text(site) if site else "",
                base + address(pk, nom_tri),
            ]
            if contact:
                row += (text(courriel), text(telephone))
            made.append(row)
        return made


def _text(value: str | None) -> str:
    if not value:
        return ""
    return value if value[0] not in RISKY and value.isprintable() else printed(value)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def _point(value: float | None) -> str:
    return "" if value is None else f"{value:.5f}".replace(".", ",")


def _same(value):
    return value


_CSV = (_text, _number, _day, _point)
_SHEET = (_same, _same, _same, lambda value: None if value is None else round(value, 5))
