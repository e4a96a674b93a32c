"""What each criterion of a lot weighs when offers are compared: read, written, added up, judged."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from marches.enums import CriteresAttribution, GenreCritere, NatureContrat, UnitePonderation
from marches.parametres import dire
from marches.rules.criteres import SOUMIS
from portal.templatetags.formats import nombre
from portal.text import fold
from portal.verdict import Verdict

MOST_CRITERIA, LONGEST_NAME = 30, 400  # characters; what is longer is cut
LARGEST_WEIGHT = Decimal(10_000)
CENT = Decimal(100)
_BULLET = re.compile(r"^\s*(?:[-–—•*]|\d{1,2}\s*[.)]|\d{1,2}\s*°)\s*")
_NUMBER = r"\d{1,5}(?:[.,]\d{1,2})?"
_WEIGHT = re.compile(
    rf"^(?P<nom>.*?)[\s:;,=(\[–—-]*(?<![\d.,])(?P<bas>{_NUMBER})"
    rf"(?:\s*(?:%|points?|pts?)?\s*(?:à|-|–)\s*(?P<haut>{_NUMBER}))?\s*(?P<unite>%|points?|pts?)\s*[)\]]?\s*\.?$",
    re.IGNORECASE,
)
_BARE = re.compile(rf"[:=(]\s*{_NUMBER}\s*\)?$")
# Procedures of L. 2124-1 under their names of the DECP and of the notices; then those that surely are none.
_FORMELLES = (
    "appel d offres",
    "procedure avec negociation",
    "negociee avec mise en concurrence",
    "dialogue competitif",
)
_AUTRES = ("adaptee", "sans publicite", "sans mise en concurrence")


@dataclass(frozen=True)
class Critere:
    """`poids` to `jusque` when the weight is a range; `milieu`: only the middle of the range was published."""

    nom: str
    genre: GenreCritere = GenreCritere.QUALITE
    poids: Decimal | None = None
    jusque: Decimal | None = None
    milieu: bool = False


@dataclass(frozen=True)
class Grille:
    """The criteria of a lot, in order, and what their weights are counted in. Never empty."""

    unite: UnitePonderation
    criteres: tuple[Critere, ...]

    @property
    def sans_poids(self) -> int:
        return sum(critere.poids is None for critere in self.criteres)

    @property
    def somme(self) -> tuple[Decimal, Decimal]:
        """The least and the most that the known weights add up to."""
        least = most = Decimal(0)
        for critere in self.criteres:
            if critere.poids is not None:
                least += critere.poids
                most += critere.poids if critere.jusque is None else critere.jusque
        return least, most

    @property
    def exacte(self) -> bool:
        """Whether every weight is a percentage known exactly, or a range known by its bounds."""
        return (
            self.unite == UnitePonderation.POURCENTAGE
            and not self.sans_poids
            and not any(critere.milieu for critere in self.criteres)
        )

    @property
    def tient(self) -> bool:
        """Whether 100 % can be reached; True where nothing can be said."""
        least, most = self.somme
        return not self.exacte or least <= CENT <= most

    @property
    def lignes(self) -> list[str]:
        """Each criterion as one types it: « Prix : 40 % »."""
        said = []
        for critere in self.criteres:
            weight = poids_en_mots(critere, self.unite)
            said.append(f"{critere.nom}\u00a0: {weight}" if weight else critere.nom)
        return said

    @property
    def en_json(self) -> dict[str, Any]:
        rows = []
        for critere in self.criteres:
            row: dict[str, Any] = {"nom": critere.nom, "genre": critere.genre.value}
            if critere.poids is not None:
                row["poids"] = str(critere.poids)
            if critere.jusque is not None:
                row["jusque"] = str(critere.jusque)
            if critere.milieu:
                row["milieu"] = True
            rows.append(row)
        return {"unite": self.unite.value, "criteres": rows}


def grille_of(kept: Mapping[str, Any] | None) -> Grille | None:
    """The grid out of what `Grille.en_json` wrote; None without any."""
    if not kept or not kept.get("criteres"):
        return None
    rows = tuple(
        Critere(
            row["nom"], GenreCritere(row["genre"]), _kept(row.get("poids")), _kept(row.get("jusque")),
            bool(row.get("milieu")),
        )
        for row in kept["criteres"]
    )  # fmt: skip
    return Grille(UnitePonderation(kept["unite"]), rows)


def _kept(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def poids_en_mots(critere: Critere, unite: UnitePonderation) -> str:
    """« 40 % », « 30 à 40 points », « 45 % (milieu d'une fourchette) »; "" without a weight."""
    if critere.poids is None:
        return ""
    last = critere.jusque if critere.jusque is not None else critere.poids
    unit = "%" if unite == UnitePonderation.POURCENTAGE else "points" if last >= 2 else "point"
    said = nombre(critere.poids) if critere.jusque is None else f"{nombre(critere.poids)} à {nombre(critere.jusque)}"
    return f"{said}\u00a0{unit}" + (" (milieu d'une fourchette)" if critere.milieu else "")


def genre_of(nom: str) -> GenreCritere:
    """What a criterion bears on, by the way its name begins."""
    words = fold(nom)
    if words.startswith(("prix", "montant", "tarif")):
        return GenreCritere.PRIX
    return GenreCritere.COUT if words.startswith("cout") else GenreCritere.QUALITE


# Typed by a buyer -----------------------------------------------------------------------------------------------------
def lire_grille(text: str, genres: Mapping[str, GenreCritere] | None = None) -> tuple[Grille | None, list[str]]:
    """The grid typed one criterion a line, weight last, and what is wrong with it, in French.

    « Prix : 40 % » or « Prix (40 points) » or « Prix : 30 à 40 % »; without any weight the lines stand in order of
    importance. `genres`: what is already known of criteria by their names.
    """
    found: dict[str, Critere] = {}
    units: set[UnitePonderation] = set()
    faults: list[str] = []
    for line in filter(None, (" ".join(line.split()) for line in text.splitlines())):
        critere, unite, fault = _line(line, genres or {})
        if fault:
            faults.append(f"«\u00a0{line[:60]}\u00a0»\u00a0: {fault}")
            continue
        if fold(critere.nom) in found:
            faults.append(f"«\u00a0{line[:60]}\u00a0»\u00a0: ce critère est déjà donné plus haut.")
        found.setdefault(fold(critere.nom), critere)
        units |= {unite} - {UnitePonderation.ORDRE}
    if len(found) > MOST_CRITERIA:
        faults.append(f"{MOST_CRITERIA} critères au plus\u00a0: vous en avez donné {len(found)}.")
    if len(units) > 1:
        faults.append("Les poids sont les uns en pourcentage, les autres en points\u00a0: choisissez l'un ou l'autre.")
    if faults or not found:
        return None, faults
    return Grille(next(iter(units), UnitePonderation.ORDRE), tuple(found.values())), []


def _line(line: str, genres: Mapping[str, GenreCritere]) -> tuple[Critere, UnitePonderation, str]:
    rest = _BULLET.sub("", line)
    match = _WEIGHT.match(rest) if len(rest) <= LONGEST_NAME + 40 else None
    name = (match["nom"] if match else rest).strip(" :;,=(–—-\u00a0")
    critere = Critere(name[:LONGEST_NAME], genres.get(fold(name)) or genre_of(name))
    if not name:
        return critere, UnitePonderation.ORDRE, "il manque le nom du critère."
    if len(name) > LONGEST_NAME:
        return critere, UnitePonderation.ORDRE, f"le nom d'un critère compte {LONGEST_NAME} caractères au plus."
    if match is None:
        bare = "écrivez l'unité du poids, «\u00a0%\u00a0» ou «\u00a0points\u00a0»." if _BARE.search(rest) else ""
        return critere, UnitePonderation.ORDRE, bare
    unite = UnitePonderation.POURCENTAGE if match["unite"] == "%" else UnitePonderation.POINTS
    least, most = _decimal(match["bas"]), _decimal(match["haut"])
    top = CENT if unite == UnitePonderation.POURCENTAGE else LARGEST_WEIGHT
    if least is None or least <= 0:
        return critere, unite, "un poids est supérieur à 0."
    if max(least, most or least) > top:
        return critere, unite, f"un poids ne dépasse pas {nombre(top)}\u00a0{'%' if top == CENT else 'points'}."
    if most is not None and most <= least:
        return critere, unite, "la fourchette va du plus petit au plus grand."
    return Critere(critere.nom, critere.genre, least, most), unite, ""


def _decimal(text: str | None) -> Decimal | None:
    """A weight, without idle zeros; None for what is no number."""
    try:
        value = Decimal((text or "").strip().replace(",", "."))
    except InvalidOperation:
        return None
    return Decimal(f"{value.quantize(Decimal('0.01')).normalize():f}") if value.is_finite() else None


# Published by a notice ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class CriterePublie:
    """A criterion as a notice writes it. `genre`: price, cost, quality or "". `poids`: a number with or without a unit.

    `unite`: a code of the eForms list `number-weight` (BT-5421), or "" where the format has none.
    """

    nom: str = ""
    genre: str = ""
    poids: str = ""
    unite: str = ""


GENRES = {"price": GenreCritere.PRIX, "cost": GenreCritere.COUT, "quality": GenreCritere.QUALITE}
UNITES = {"per": "%", "dec": "decimal", "poi": "points", "ord": "ordre"}
_PUBLIE = re.compile(rf"^\s*(?P<nombre>{_NUMBER})\s*(?P<unite>%|points?|pts?)?\s*$", re.IGNORECASE)


def grille_publiee(rows: Iterable[CriterePublie]) -> Grille | None:
    """The criteria of a notice as one grid; None without any.

    Where the format gives no unit (TED, BOAMP), weights that add up to 100 are percentages, and points else. A decimal
    share of 1 is a percentage; notices write « 55 » there too. Weights in several units are not put together: the names
    alone are kept.
    """
    found: list[tuple[Critere, str]] = []
    for row in rows:
        genre = GENRES.get(row.genre)
        usual = str(genre.label) if genre and genre != GenreCritere.QUALITE else ""
        name = " ".join(row.nom.split()).lstrip("—–- ") or usual
        if not name or len(found) == MOST_CRITERIA:
            continue
        code, _, exact = row.unite.partition("-")
        match = _PUBLIE.match(row.poids)
        weight = _decimal(match["nombre"]) if match else None
        unit = UNITES.get(code, "") or ("" if match is None or not match["unite"] else match["unite"][:1])
        unit = "points" if unit in {"p", "P"} else unit
        if weight is None or weight > LARGEST_WEIGHT or (weight == 0 and unit != "ordre"):
            weight, unit = None, ""
        critere = Critere(
            _cut(name), genre or genre_of(name), weight, milieu=weight is not None and exact.startswith("mid")
        )
        found.append((critere, unit))
    return _together(found) if found else None


def en_json(rows: Iterable[CriterePublie]) -> dict[str, Any] | None:
    """`grille_publiee`, as a notice keeps it."""
    grille = grille_publiee(rows)
    return grille.en_json if grille else None


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _together(found: list[tuple[Critere, str]]) -> Grille:
    units = {unit for critere, unit in found if critere.poids is not None}
    weights = [critere.poids for critere, _ in found if critere.poids is not None]
    bare = tuple(Critere(critere.nom, critere.genre) for critere, _ in found)
    if not weights or len(units) > 1:
        return Grille(UnitePonderation.INCONNUE, bare)
    (unit,) = units
    if unit == "ordre":
        ranked = sorted(found, key=lambda pair: (pair[0].poids is None, pair[0].poids or 0))
        ordered = tuple(Critere(critere.nom, critere.genre) for critere, _ in ranked)
        told = len(set(weights)) == len(found)  # « 1, 1 » gives no order
        return Grille(UnitePonderation.ORDRE if told else UnitePonderation.INCONNUE, ordered)
    kept, total = [critere for critere, _ in found], sum(weights)
    if unit == "decimal" and max(weights) <= 1:
        kept = [
            Critere(each.nom, each.genre, each.poids and _decimal(str(each.poids * CENT)), milieu=each.milieu)
            for each in kept
        ]
        unit = "%"
    percent = unit == "%" or (unit in {"", "decimal"} and total == CENT)
    return Grille(UnitePonderation.POURCENTAGE if percent else UnitePonderation.POINTS, tuple(kept))


# Judged ---------------------------------------------------------------------------------------------------------------
def est_formalisee(procedure: str) -> bool | None:
    """Whether a procedure, by its name, is one of L. 2124-1; None when its name does not tell."""
    words = fold(procedure)
    if any(name in words for name in _AUTRES):
        return False
    return True if any(name in words for name in _FORMELLES) else None


def ponderation(
    grille: Grille | None, procedure: str, nature: NatureContrat, on: date, publiee: bool = False
) -> Verdict:
    """In a formal procedure every criterion has a weight; an order of importance only does where, for objective
    reasons, none can be given.

    `publiee`: the grid was read in a notice, and the weights may stand in the documents of the consultation, where
    R. 2152-11 wants them. Sources: R. 2152-12; until 31/03/2019, décret 2016-360, art. 62, IV.
    """
    if grille is None or nature not in SOUMIS or not grille.sans_poids or not est_formalisee(procedure):
        return Verdict.ok()
    if len(grille.criteres) == 1:
        return Verdict.ok()  # alone, a criterion decides
    if publiee:
        return dire(
            "criteres_poids_avis", on,
            "L'avis ne donne pas le poids de chaque critère\u00a0: il figure dans les documents de la consultation.",
        )  # fmt: skip
    missing = grille.sans_poids
    if grille.unite == UnitePonderation.ORDRE:
        said = "Critères classés sans être pondérés\u00a0: en procédure formalisée, chacun doit avoir un poids."
    else:
        who = "Un critère n'a" if missing == 1 else f"{missing} critères n'ont"
        said = f"{who} pas de poids\u00a0: en procédure formalisée, chacun doit en avoir un."
    return dire(
        "criteres_ponderation", on, said,
        remede="Donnez un poids à chacun, ou une fourchette\u00a0; l'ordre d'importance suffit seulement si pondérer "
        "est impossible pour des raisons objectives, à garder au dossier.",
    )  # fmt: skip


def somme(grille: Grille | None, nature: NatureContrat, on: date, publiee: bool = False) -> Verdict:
    """Percentages that cannot add up to 100: a weight is wrong, or a sub-criterion is counted beside its criterion.

    The Code does not say the word « cent »: that criteria and how they are applied are told (R. 2152-11) does.
    """
    if grille is None or nature not in SOUMIS or grille.tient:
        return Verdict.ok()
    least, most = grille.somme
    total = f"{nombre(least)}\u00a0%" if least == most else f"de {nombre(least)} à {nombre(most)}\u00a0%"
    if publiee:
        return dire(
            "criteres_somme_avis", on, f"Les poids publiés font {total}\u00a0: des sous-critères y figurent peut-être."
        )
    short = most < CENT
    gap = CENT - most if short else least - CENT
    points = f"{nombre(gap)}\u00a0{'points' if gap >= 2 else 'point'}"
    return dire(
        "criteres_somme", on,
        f"Les poids des critères font {total}\u00a0: il "
        f"{f'manque {points}' if short else f'y a {points} de trop'} pour faire 100\u00a0%.",
        remede="Corrigez les poids\u00a0; un sous-critère se compte dans le poids de son critère.",
    )  # fmt: skip


def criteres_concordants(
    grille: Grille | None, annonces: CriteresAttribution | str, nature: NatureContrat, on: date
) -> Verdict:
    """What the contract says offers are chosen on, beside the criteria listed for the lot. Source: R. 2152-7."""
    if grille is None or not annonces or nature not in SOUMIS:
        return Verdict.ok()
    genres = [critere.genre for critere in grille.criteres]
    alone = {CriteresAttribution.PRIX: GenreCritere.PRIX, CriteresAttribution.COUT: GenreCritere.COUT}
    wanted = alone.get(CriteresAttribution(annonces))
    if (wanted is None and len(genres) > 1) or (wanted is not None and genres == [wanted]):
        return Verdict.ok()
    said = str(CriteresAttribution(annonces).label)
    listed = "un seul critère" if len(genres) == 1 else f"{len(genres)} critères"
    return dire(
        "criteres_discordants", on,
        f"Le marché annonce «\u00a0{said[0].lower()}{said[1:]}\u00a0» et ce lot a {listed}\u00a0: ils se contredisent.",
        remede="Corrigez la fiche du marché, ou les critères du lot.",
    )  # fmt: skip
