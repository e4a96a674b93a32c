"""A buyer's list of sites, from any table: which column is what, what each cell means."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from marches.enums import TypeSite
from portal import depots
from portal.correspondance import Champ, apply
from portal.imports import ImportReport
from portal.models import Depot
from portal.text import fold
from structures.enums import NiveauLieu
from structures.lieux import resolve

USAGE = "sites"  # of the files kept between two pages
MOST_SITES = 5_000
MOST_AGENTS = 100_000

CHAMPS = (
    Champ(
        "nom", "Nom du site",
        ("nom", "site", "établissement", "nom établissement", "libellé", "dénomination", "appellation", "bâtiment"),
        obligatoire=True,
    ),
    Champ(
        "code", "Code",
        ("code", "uai", "rne", "code uai", "code établissement", "identifiant", "numéro uai", "code site"),
        aide="Votre code, ou l'UAI d'un établissement scolaire\u00a0: il évite les doublons quand le nom change.",
    ),
    Champ("type", "Type", ("type", "nature", "catégorie", "type établissement"), aide="Collège, lycée, école, mairie…"),
    Champ("commune", "Commune", ("commune", "ville", "code insee", "code commune", "localité", "nom commune")),
    Champ("code_postal", "Code postal", ("code postal", "cp")),
    Champ("adresse", "Adresse", ("adresse", "rue", "voie", "adresse 1", "adresse postale")),
    Champ("agents", "Agents sur le site", ("agents", "effectif", "nombre agents", "agents techniques", "etp")),
)  # fmt: skip
# Folded words that tell a kind of site, in a column of its own or at the start of a name.
WORDS = {
    TypeSite.COLLEGE: ("college", "clg"),
    TypeSite.LYCEE: ("lycee", "lyc", "lp", "legt", "erea"),
    TypeSite.ECOLE: ("ecole", "groupe scolaire", "maternelle", "elementaire", "primaire"),
    TypeSite.CRECHE: ("creche", "halte garderie", "multi accueil"),
    TypeSite.MAIRIE: ("mairie", "hotel de ville", "hotel du departement", "prefecture", "batiment administratif"),
    TypeSite.SANTE: ("hopital", "centre hospitalier", "ehpad", "clinique", "etablissement de sante"),
    TypeSite.LOGEMENT: ("residence", "immeuble", "logement"),
    TypeSite.ESPACE: ("parc", "espace public", "square", "place", "jardin"),
}


@dataclass(frozen=True)
class SiteLu:
    """One site as understood; `commune` is an INSEE code or None."""

    ligne: int
    nom: str
    code: str
    type: TypeSite
    adresse: str
    commune: str | None
    agents: int | None

    @property
    def cle(self) -> tuple[str, str, str]:
        """What tells a site from another: its code, else its name in its commune."""
        return ("code", self.code, "") if self.code else ("nom", fold(self.nom), self.commune or "")


def type_of(text: str) -> TypeSite:
    """The kind that these words tell: « Collège », « Lycée professionnel », « Groupe scolaire Jules-Ferry »."""
    words = fold(text)
    for kind, starts in WORDS.items():
        if any(words == start or words.startswith(f"{start} ") for start in starts):
            return kind
    return TypeSite.AUTRE


def lire(depot: Depot, mapping: Mapping[str, str], report: ImportReport) -> Iterator[SiteLu]:
    """The sites of a file, each once; what cannot be read is set aside, what is doubtful flagged, in `report`."""
    seen: dict[tuple, int] = {}

    def bad(error) -> None:
        report.read()
        report.set_aside(error.line, error.message)

    place_of = cache(_commune)
    for row in depots.table(depot, on_bad_row=bad):
        report.read()
        cells = {name: " ".join(value.replace("\x00", "").split()) for name, value in apply(row, mapping).items()}
        if report.lus > MOST_SITES:
            report.set_aside(row.line, "Au-delà de 5\u00a0000 sites\u00a0: partagez le fichier")
            continue
        name = cells.get("nom", "")[:200]
        if not name:
            report.set_aside(row.line, "Site sans nom")
            continue
        town = f"{cells.get('code_postal', '')} {cells.get('commune', '')}".strip()
        commune = place_of(town)
        if town and commune is None:
            report.flag(row.line, "Commune non reconnue\u00a0: le site est gardé sans elle", town)
        agents, fault = _agents(cells.get("agents", ""))
        if fault:
            report.flag(row.line, "Nombre d'agents illisible\u00a0: laissé vide", cells["agents"])
        kind = type_of(cells.get("type", ""))
        site = SiteLu(
            ligne=row.line,
            nom=name,
            code=cells.get("code", "")[:30],
            type=kind if kind != TypeSite.AUTRE else type_of(name),
            adresse=cells.get("adresse", "")[:250],
            commune=commune,
            agents=agents,
        )
        if site.cle in seen:
            report.set_aside(row.line, f"Même site que la ligne {seen[site.cle]}", site.code or site.nom)
            continue
        seen[site.cle] = row.line
        yield site


def _commune(text: str) -> str | None:
    """The INSEE code of a town; None when it is not told or not known."""
    found = resolve(text[:100]) if text else None
    if found is None:
        return None
    return next((lieu.code for lieu in found.candidats if lieu.niveau == NiveauLieu.COMMUNE), None)


def _agents(text: str) -> tuple[int | None, bool]:
    """(number, whether it could not be read); « 9,5 » is 10 people at most."""
    if not text:
        return None, False
    if not re.fullmatch(r"\d{1,6}(?:[.,]\d{1,2})?", text):
        return None, True
    number = round(float(text.replace(",", ".")) + 0.0001)
    return (number, False) if number <= MOST_AGENTS else (None, True)
