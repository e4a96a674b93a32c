"""The cells of a structure in the table of the directory: for CSV as text, for a workbook with their type."""

from datetime import date

from portal.tables import printed
from portal.text import slugify_fr
from structures.enums import Kind
from structures.exporters.lecture import MODES, Names, Piece
from structures.rules import reservable

OPEN = (
    "SIRET", "SIREN", "Autre identifiant", "Type", "Type en clair", "Nom", "Enseigne", "Secteurs", "Modes",
    "Zone d'intervention", "Adresse", "Code postal", "Ville", "Code commune (INSEE)", "Code département",
    "Département", "Région", "Latitude", "Longitude", "Places", "Effectif", "Réseaux", "Labels", "Fin de convention",
    "Lots réservés", "Complétude (%)", "Source", "Date des données", "Site", "Fiche",
)  # fmt: skip
CONTACT = ("Courriel public", "Téléphone public")
SEPARATOR = " | "  # with a « ; », nearly every line would need quotes
NOT_DECLARED = "non déclarée"
# How a cell that needs a second look begins; `printed` then decides.
RISKY = frozenset("=+-@＝＋－＠' ")


def address(pk: int, nom_tri: str) -> str:
    """What follows the address of the list in that of a card: `Structure.slug`, from the name already folded."""
    simple = nom_tri.isascii() and 0 < len(nom_tri) <= 60
    return f"{pk}-{nom_tri.replace(' ', '-') if simple else slugify_fr(nom_tri) or 'structure'}/"


def in_reserved_lots(kind: str, on: date) -> str:
    """The reserved lots that a structure of this kind may answer on that day."""
    labels = (("insertion", "insertion"), ("handicap", "handicap"), ("penitentiaire", "prison"))
    return SEPARATOR.join(label for name, label in labels if reservable(kind, name, on))


class Cells:
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
