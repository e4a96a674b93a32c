"""Places as people type them: « Évreux », « 27000 », « Calvados », « 2A », « Paris 10e » → a `Lieu`, or a choice.

The address form is stable: `commune-27229`, `epci-200071454`, `departement-14`, `region-28`, `france`.
"""

import re
from dataclasses import dataclass, field, replace

from django.db.models import Q
from django.db.models.functions import Length
from rapidfuzz import fuzz, process

from portal.search import filter_words
from portal.text import STOP_WORDS, fold, tokens
from structures.enums import NiveauLieu
from structures.models import Commune, Departement, Epci, Region

MOST_CANDIDATES = 10
LONGEST_QUESTION = 100
SHORTEST_CORRECTED, NEAREST_NAME = 4, 80  # letters; likeness out of 100 below which two names are two names
TOWN, CLOSE = 20_000, 6
MOST_WORDS_READ, LONGEST_NAME = 12, 5  # words
COLLECTIVITES = frozenset({"975", "977", "978", "986", "987", "988"})  # each stands among départements and régions
ISLES = {"97133": "977", "97150": "978"}  # they kept the postcodes they had as communes of Guadeloupe
ARRONDISSEMENTS = {"paris": 75100, "lyon": 69380, "marseille": 13200}
_ARRONDISSEMENT = re.compile(
    r"(paris|lyon|marseille) 0*(\d{1,2}) ?(?:er|ere|e|eme|ieme|nd|nde)?(?: ?(?:arr|arrondissement))?"
)
_CEDEX = re.compile(r"\bcedex\b(?: \d+)?")
_SAINT = re.compile(r"\bst\b"), re.compile(r"\bste\b")
_IN_PARENTHESES = re.compile(r"^(.*?)\s*\(\s*([0-9AaBb]{2,3})\s*\)\s*$")
_EPCI_WORDS = (
    r"^(?:communaute (?:de communes|d agglomeration|urbaine)|metropole|cc|ca|cu|agglomeration)"
    r"(?: (?:de la|de l|du|des|de|d))? "
)
_EPCI_PREFIX = re.compile(_EPCI_WORDS)


@dataclass(frozen=True)
class Lieu:
    """One place, with what holds it; codes are INSEE's, the SIREN for an intercommunality, "" for France."""

    niveau: NiveauLieu
    code: str
    nom: str
    latitude: float | None = None
    longitude: float | None = None
    departement: str = ""
    region: str = ""
    epci: str = ""
    parente: str = ""
    population: int = 0
    noms: dict = field(default_factory=dict, compare=False, repr=False)  # (niveau, code) → name of what holds it

    @property
    def parametre(self) -> str:
        return f"{self.niveau.value}-{self.code}" if self.code else str(self.niveau.value)

    @property
    def has_point(self) -> bool:
        return self.latitude is not None and self.longitude is not None

    @property
    def point(self) -> tuple[float, float]:
        """Latitude and longitude of its centre; ValueError for a place that has none."""
        if self.latitude is None or self.longitude is None:
            raise ValueError(f"{self.nom} has no centre.")
        return self.latitude, self.longitude

    @property
    def libelle(self) -> str:
        """The name that cannot be confused with another: « Évreux (27) », « Calvados (14) »."""
        if self.niveau == NiveauLieu.COMMUNE:
            return f"{self.nom} ({self.departement or self.code[:2]})"
        return f"{self.nom} ({self.code})" if self.niveau == NiveauLieu.DEPARTEMENT else self.nom

    @property
    def precision(self) -> str:
        """The kind of place, for a choice between places of the same name."""
        if self.code in COLLECTIVITES:
            return "collectivité d'outre-mer"
        return str(self.niveau.label).lower()

    def contenants(self) -> list[tuple[str, str]]:
        """(niveau, code) of every place that holds this one whole, smallest first, itself left out."""
        larger = [
            (NiveauLieu.COMMUNE, self.parente),
            (NiveauLieu.EPCI, self.epci),
            (NiveauLieu.DEPARTEMENT, self.departement if self.niveau != NiveauLieu.DEPARTEMENT else ""),
            (NiveauLieu.REGION, self.region if self.niveau != NiveauLieu.REGION else ""),
        ]
        found = [(niveau.value, code) for niveau, code in larger if code]
        return found if self.niveau == NiveauLieu.FRANCE else [*found, (NiveauLieu.FRANCE.value, "")]


@dataclass(frozen=True)
class Recherche:
    """What a typed place means: one `lieu` (the most populated when several), and the other `candidats`.

    `corrige`: no place is called so, `lieu` has the nearest name; a page has to say it.
    """

    texte: str
    lieu: Lieu | None = None
    candidats: tuple[Lieu, ...] = ()
    corrige: bool = False

    @property
    def is_unknown(self) -> bool:
        return bool(self.texte) and self.lieu is None

    @property
    def is_ambiguous(self) -> bool:
        return len(self.candidats) > 1


FRANCE = Lieu(NiveauLieu.FRANCE, "", "France")


def fold_place(text: str | None) -> str:
    """A name of place made comparable: folded, CEDEX dropped, « st » written « saint »."""
    folded = _CEDEX.sub(" ", fold(text))
    folded = _SAINT[1].sub("sainte", _SAINT[0].sub("saint", folded))
    return " ".join(folded.split())


def arrondissement_code(folded: str) -> str:
    """« paris 10e » → "75110"; "" when `folded` names no arrondissement."""
    found = _ARRONDISSEMENT.fullmatch(folded)
    if not found:
        return ""
    number = int(found[2])
    return str(ARRONDISSEMENTS[found[1]] + number) if 1 <= number <= 20 else ""


# From rows to places ------------------------------------------------------------------------------------------------
def of_commune(commune: Commune) -> Lieu:
    """Costs no query when `departement__region`, `epci` and `parente` are selected."""
    departement, epci = commune.departement, commune.epci
    noms = {}
    if commune.parente:
        noms[NiveauLieu.COMMUNE.value, commune.parente.pk] = commune.parente.nom
    if epci:
        noms[NiveauLieu.EPCI.value, epci.pk] = epci.nom
    if departement:
        noms[NiveauLieu.DEPARTEMENT.value, departement.pk] = departement.nom
        noms[NiveauLieu.REGION.value, departement.region_id] = departement.region.nom
    return Lieu(
        NiveauLieu.COMMUNE,
        commune.code,
        commune.nom,
        commune.latitude,
        commune.longitude,
        departement=commune.departement_id or "",
        region=departement.region_id if departement else "",
        epci=commune.epci_id or "",
        parente=commune.parente_id or "",
        population=commune.population,
        noms=noms,
    )


def of_departement(departement: Departement) -> Lieu:
    return Lieu(
        NiveauLieu.DEPARTEMENT,
        departement.code,
        departement.nom,
        departement=departement.code,
        region=departement.region_id,
        noms={(NiveauLieu.REGION.value, departement.region_id): departement.region.nom},
    )


def of_region(region: Region) -> Lieu:
    return Lieu(NiveauLieu.REGION, region.code, region.nom, region=region.code)


def of_epci(epci: Epci) -> Lieu:
    return Lieu(NiveauLieu.EPCI, epci.siren, epci.nom)


def _with_holders(lieu: Lieu) -> Lieu:
    """An intercommunality with the département and the région that hold it whole, when one does (one query)."""
    if lieu.niveau != NiveauLieu.EPCI:
        return lieu
    held = list(
        Departement.objects.filter(communes__epci=lieu.code)
        .values_list("code", "nom", "region", "region__nom")
        .distinct()
        .order_by("code")
    )
    noms, departement, region = {}, "", ""
    if len(held) == 1:
        departement = held[0][0]
        noms[NiveauLieu.DEPARTEMENT.value, departement] = held[0][1]
    if len({row[2] for row in held}) == 1:
        region = held[0][2]
        noms[NiveauLieu.REGION.value, region] = held[0][3]
    return replace(lieu, departement=departement, region=region, noms=noms)


def _communes():
    return Commune.objects.select_related("departement__region", "epci", "parente")


# From an address parameter ------------------------------------------------------------------------------------------
def from_parametre(parametre: str | None) -> Lieu | None:
    """« commune-27229 » → its place; None for anything else (two queries at most)."""
    niveau, _, code = (parametre or "").partition("-")
    if niveau == NiveauLieu.FRANCE and not code:
        return FRANCE
    if not re.fullmatch(r"[0-9AB]{1,9}", code):
        return None
    return next(iter(_by_code(niveau, code)), None)


def _by_code(niveau: str, code: str) -> list[Lieu]:
    if niveau == NiveauLieu.COMMUNE:
        return [of_commune(row) for row in _communes().filter(code=code)]
    if niveau == NiveauLieu.DEPARTEMENT:
        return [of_departement(row) for row in Departement.objects.select_related("region").filter(code=code)]
    if niveau == NiveauLieu.REGION:
        return [of_region(row) for row in Region.objects.filter(code=code)]
    if niveau == NiveauLieu.EPCI:
        return [_with_holders(of_epci(row)) for row in Epci.objects.filter(siren=code)]
    return []


# From what is typed -------------------------------------------------------------------------------------------------
def resolve(texte: str | None) -> Recherche:
    """The place that `texte` names. Codes first, then exact names, then names that begin so, then names that hold it,
    at last the nearest name (`corrige`).

    A département or région wins over a commune of the same name; among communes the most populated comes first.
    One to nine queries.
    """
    asked = " ".join((texte or "").replace("\x00", "").split())[:LONGEST_QUESTION]
    if not asked:
        return Recherche("")
    if lieu := from_parametre(asked):
        return Recherche(asked, lieu, (lieu,))
    wanted_departement = ""
    name = asked
    if found := _IN_PARENTHESES.match(asked):
        name, wanted_departement = found[1], found[2].upper()
    candidates = _by_typed_code(name) or _by_name(fold_place(name), wanted_departement)
    is_corrected = not candidates
    if is_corrected:
        candidates = _by_nearest_name(fold_place(name), wanted_departement)
    candidates = candidates[:MOST_CANDIDATES]
    lieu = _with_holders(candidates[0]) if candidates else None
    return Recherche(asked, lieu, tuple(candidates), is_corrected and lieu is not None)


def _by_typed_code(text: str) -> list[Lieu]:
    code = text.replace(" ", "").upper()
    if re.fullmatch(r"\d{5}", code) or re.fullmatch(r"2[AB]\d{3}", code):
        return _by_five_digits(code)
    if re.fullmatch(r"\d{9}", code):
        siren = [of_commune(row) for row in _communes().filter(siren=code)]
        return _by_code(NiveauLieu.EPCI, code) or siren
    if re.fullmatch(r"\d{1,3}|2[AB]", code):
        shorter = code[1:] if len(code) == 3 and code.startswith("0") else code
        return _by_code(NiveauLieu.DEPARTEMENT, shorter.zfill(2))
    # « 27000 Évreux », « 14123 IFS » : the postcode, narrowed by the name
    if found := re.fullmatch(r"(\d{5})\s+(\D.*)", text):
        name = fold_place(found[2])
        rows = _by_five_digits(found[1])
        if arrondissement := arrondissement_code(name):
            return _by_code(NiveauLieu.COMMUNE, arrondissement)
        return (
            [lieu for lieu in rows if fold_place(lieu.nom) == name] or _by_name(name, departement_of(found[1])) or rows
        )
    return []


def _by_five_digits(code: str) -> list[Lieu]:
    """A postcode, otherwise an INSEE code, otherwise the département of a CEDEX postcode."""
    rows = _communes().filter(postaux__code=code).order_by("-population", "code")
    # 75010 is a postcode of Paris and of its 10th arrondissement: the arrondissement says more
    found = [of_commune(row) for row in rows]
    held_back = {lieu.parente for lieu in found if lieu.parente}
    found = [lieu for lieu in found if lieu.code not in held_back]
    return found or _by_code(NiveauLieu.COMMUNE, code) or _by_code(NiveauLieu.DEPARTEMENT, departement_of(code))


def _by_name(name: str, departement: str = "") -> list[Lieu]:
    if not name:
        return []
    if name in {"france", "france entiere", "toute la france"}:
        return [FRANCE]
    if code := arrondissement_code(name):
        return _by_code(NiveauLieu.COMMUNE, code)
    narrowed = Q(departement=departement) if departement else Q()
    larger: list[Lieu] = []
    if not departement and name != "paris":  # the commune is the département, and has a centre
        larger += [of_departement(row) for row in Departement.objects.select_related("region").filter(nom_tri=name)]
        # Overseas a région has one département, of its name: the same place twice is no choice.
        larger = larger or [of_region(row) for row in Region.objects.filter(nom_tri=name)]
    elif found := [row for row in _by_code(NiveauLieu.DEPARTEMENT, departement) if fold_place(row.nom) == name]:
        return found
    exact = _communes().filter(narrowed, nom_tri=name).order_by("-population", "code")
    if found := larger + [of_commune(row) for row in exact]:
        return found
    if not departement:
        bare = _EPCI_PREFIX.sub("", name)
        epcis = Epci.objects.filter(Q(nom_tri=name) | Q(nom_tri__endswith=f" {bare}") | Q(nom_tri=bare))
        if found := [of_epci(row) for row in epcis.order_by(Length("nom_tri"), "nom_tri")[:MOST_CANDIDATES]]:
            return found
    starts = Q(nom_tri__startswith=name)
    for article in ("le", "la", "les", "l"):
        starts |= Q(nom_tri__startswith=f"{article} {name}")
    beginning = _communes().filter(narrowed, starts, parente=None)
    if len(name) >= 3 and (
        found := [of_commune(row) for row in beginning.order_by("-population", "code")[:MOST_CANDIDATES]]
    ):
        return found
    if len(name) < 3:
        return []
    inside = _communes().filter(narrowed, nom_tri__contains=f" {name}", parente=None)
    rows = inside.order_by("-population", "code")
    found = [of_commune(row) for row in rows[:MOST_CANDIDATES]]
    if not departement:
        found += [of_epci(row) for row in filter_words(Epci.objects.all(), name).order_by("nom_tri")[:5]]
    if not found and not departement:  # « Polynésie », « Wallis »
        rows = Departement.objects.select_related("region").filter(nom_tri__startswith=f"{name} ")
        found = [of_departement(row) for row in rows]
    return found


def in_words(words: str) -> tuple[Lieu, str] | None:
    """The commune, département or région named among words, and the other words: « jardinage Caen » → (Caen,
    "jardinage"). The longest name, then the last; None when there is none. One to four queries."""
    typed = tokens(words)[:MOST_WORDS_READ]
    pieces = {}
    for length in range(1, LONGEST_NAME + 1):
        for start in range(len(typed) - length + 1):
            name = fold_place(" ".join(typed[start : start + length]))
            if len(name) >= SHORTEST_CORRECTED:
                pieces[name] = (start, start + length)
    named = [
        model.objects.filter(nom_tri__in=pieces).values_list("nom_tri") for model in (Commune, Departement, Region)
    ]
    known = [row[0] for row in named[0].order_by().union(*(rows.order_by() for rows in named[1:]))] if pieces else []
    if not known:
        return None
    name = max(known, key=lambda each: (pieces[each][1] - pieces[each][0], pieces[each][1]))
    start, end = pieces[name]
    before = typed[:start]
    while before and before[-1] in STOP_WORDS:  # « nettoyage dans le Calvados »
        before.pop()
    lieu = resolve(name).lieu
    return (lieu, " ".join([*before, *typed[end:]])) if lieu else None


def _by_nearest_name(name: str, departement: str = "") -> list[Lieu]:
    """Places whose name is one typing mistake or two away: « grenble » → Grenoble; [] when nothing is near enough."""
    if len(name) < SHORTEST_CORRECTED or not re.fullmatch(r"[a-z ]+", name):
        return []
    sizes = (len(name) - 2, len(name) + 2)
    communes = Commune.objects.alias(size=Length("nom_tri")).filter(parente=None, size__range=sizes)
    if departement:
        communes = communes.filter(departement=departement)
    weights = dict(communes.order_by("population").values_list("nom_tri", "population"))
    larger = [*Departement.objects.values_list("nom_tri", flat=True), *Region.objects.values_list("nom_tri", flat=True)]
    choices = [*weights, *([] if departement else larger)]
    near = process.extract(name, choices, scorer=fuzz.ratio, score_cutoff=NEAREST_NAME, limit=MOST_CANDIDATES)
    if not near:
        return []
    best = max(near, key=lambda found: (found[1], weights.get(found[0], 0) or TOWN, found[0]))
    # A large town one letter further than a hamlet is what was meant.
    for nom, score, _ in near:
        if weights.get(nom, 0) >= TOWN > weights.get(best[0], TOWN) and score >= best[1] - CLOSE:
            best = (nom, score, 0)
    return _by_name(best[0], departement)


def departement_of(postcode: str) -> str:
    """The département of a French postcode, "" when it is not one. Corsica: 200 and 201 → 2A, 202 to 206 → 2B."""
    if not re.fullmatch(r"\d{5}", postcode or ""):
        return ""
    if postcode.startswith("20"):
        return "2A" if postcode[2] in "01" else "2B"
    return ISLES.get(postcode) or (postcode[:3] if postcode.startswith(("97", "98")) else postcode[:2])
