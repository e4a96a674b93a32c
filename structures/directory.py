"""What a buyer asks of the directory, which structures answer it, and why: the trade, the mode and the place are
matched on ONE activity."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet

from portal.search import correct, filter_stems
from portal.siret import clean
from portal.text import STOP_WORDS, de_lieu, stems, tokens
from structures.enums import Couverture, Kind, Mode, NiveauLieu
from structures.geo import distance_km_expr, haversine, within_q
from structures.lieux import Lieu
from structures.models import Activite, Secteur, Structure, Zone, ZoneLieu
from structures.zones import seat_q, zones_of

VOCABULARY_KEY, VOCABULARY_SECONDS = "structures:vocabulaire", 600
MOST_SECTORS = 4  # on a card
MOST_REASONS = 2

# « tout le Calvados », « toute la Manche »; the others are said « tout le département (Eure) ».
LE = frozenset({
    "14", "15", "18", "25", "29", "30", "32", "39", "41", "45", "46", "47", "49", "56", "59", "62", "63", "67", "68",
    "69", "81", "82", "83", "84", "90", "94", "95",
})  # fmt: skip
LA = frozenset({
    "16", "17", "19", "2A", "2B", "21", "23", "24", "26", "31", "33", "42", "43", "44", "48", "50", "51", "52", "53",
    "54", "55", "57", "58", "70", "71", "72", "73", "74", "76", "77", "80", "85", "86", "87", "93", "971", "972", "973",
})  # fmt: skip
WHOLE = {
    NiveauLieu.DEPARTEMENT: "tout le département",
    NiveauLieu.REGION: "toute la région",
    NiveauLieu.EPCI: "toute l'intercommunalité",
    NiveauLieu.COMMUNE: "toute la commune",
}
PART = {
    NiveauLieu.DEPARTEMENT: "une partie du département",
    NiveauLieu.REGION: "une partie de la région",
    NiveauLieu.EPCI: "une partie de l'intercommunalité",
    NiveauLieu.COMMUNE: "une partie de la commune",
}


@dataclass
class Question:
    """What is looked for. `corrected` holds what was typed → what was looked for instead."""

    words: str = ""
    secteur: Secteur | None = None
    mode: str = ""
    kinds: tuple[str, ...] = ()
    lieu: Lieu | None = None
    rayon_km: int | None = None
    reseau: str = ""
    corrected: dict[str, str] = field(default_factory=dict)

    @property
    def is_around(self) -> bool:
        return bool(self.rayon_km and self.lieu and self.lieu.has_point)

    @property
    def is_number(self) -> bool:
        """Whether the words are a SIRET or a SIREN."""
        digits = clean(self.words)
        return digits.isascii() and digits.isdigit() and len(digits) in {9, 14}

    @property
    def asks_activity(self) -> bool:
        return bool(self.secteur or self.mode)


@dataclass(frozen=True)
class Reponse:
    """A structure found, with the activities that answer and the reasons, in words."""

    structure: Structure
    activites: list[Activite]
    autres: int
    raisons: list[str]
    distance_km: float | None


def search(queryset: QuerySet[Structure], question: Question) -> QuerySet[Structure]:
    """The structures that answer, nearest first around a commune, else in alphabetical order."""
    found = _limited(queryset, question)
    if question.is_number:
        found = found.identified_by(question.words)
    elif question.words:
        found = filter_stems(found, stems(question.words))
    return _ordered(found, question)


def _limited(queryset: QuerySet[Structure], question: Question) -> QuerySet[Structure]:
    found = _placed(queryset, question)
    if question.kinds:
        found = found.filter(kind__in=question.kinds)
    return found.filter(reseaux__slug=question.reseau) if question.reseau else found


def _ordered(queryset: QuerySet[Structure], question: Question) -> QuerySet[Structure]:
    if "distance_km" in queryset.query.annotations:
        return queryset.by_distance()
    return queryset.by_name("" if question.is_number else question.words)


def activities(question: Question) -> QuerySet[Activite]:
    """Activities of the sector (or of its family) done that way; « prestation » takes associations intermédiaires in:
    they do hold such contracts, by placing people."""
    found = Activite.objects.all()
    if question.secteur:
        found = found.filter(Q(secteur=question.secteur) | Q(secteur__parent=question.secteur))
    if question.mode == Mode.PRESTATION:
        by_placement = Q(mode=Mode.MISE_A_DISPOSITION, structure__kind=Kind.AI)
        found = found.filter(Q(mode=Mode.PRESTATION) | by_placement)
    elif question.mode:
        found = found.filter(mode=question.mode)
    return found


def _placed(queryset: QuerySet[Structure], question: Question) -> QuerySet[Structure]:
    lieu, wanted = question.lieu, activities(question)
    if lieu is not None and lieu.niveau == NiveauLieu.COMMUNE and lieu.has_point:
        queryset = queryset.annotate(distance_km=distance_km_expr(lieu.latitude, lieu.longitude))
    if question.is_around:
        queryset = queryset.filter(
            within_q(lieu.latitude, lieu.longitude, question.rayon_km), distance_km__lte=question.rayon_km
        )
    elif lieu is not None and lieu.niveau != NiveauLieu.FRANCE:
        covering = Q(pk__in=wanted.filter(zone__in=zones_of(lieu).values("pk")).values("structure"))
        undeclared = Q(pk__in=wanted.filter(zone=None).values("structure"))
        if not question.asks_activity:
            undeclared = undeclared | Q(~Exists(Activite.objects.filter(structure=OuterRef("pk"))))
        return queryset.filter(covering | (seat_q(lieu) & undeclared))
    return queryset.filter(pk__in=wanted.values("structure")) if question.asks_activity else queryset


def search_corrected(queryset: QuerySet[Structure], question: Question) -> QuerySet[Structure] | None:
    """When nothing was found: the same search with its unknown words replaced by the nearest known ones.

    None when no word can be corrected; otherwise `question.corrected` says which. For the page that found nothing only:
    the vocabulary costs one reading of the directory every ten minutes.
    """
    wanted = stems(question.words)
    if not wanted or question.is_number:
        return None
    known = vocabulary()
    corrected, replaced = correct(wanted, known)
    if not replaced:
        return None
    typed = dict(zip(wanted, [word for word in tokens(question.words) if word not in STOP_WORDS], strict=True))
    question.corrected = {typed[old]: known[new] for old, new in replaced.items()}
    return filter_stems(_ordered(_limited(queryset, question), question), corrected)


def vocabulary() -> dict[str, str]:
    """Every stem of the directory with a word that has it; kept ten minutes."""
    known = cache.get(VOCABULARY_KEY)
    if known is None:
        known = {}
        for column in Structure.objects.listed().values_list("racines", flat=True).iterator():
            known.update((stem, stem) for stem in column.split())
        texts = Secteur.objects.values_list("nom", "synonymes")
        for word in (word for pair in texts for text in pair for word in tokens(text)):
            for stem in stems(word):
                if stem in known:
                    known[stem] = word
        cache.set(VOCABULARY_KEY, known, VOCABULARY_SECONDS)
    return known


# Why --------------------------------------------------------------------------------------------------------------
def answers(structures: Iterable[Structure], question: Question) -> list[Reponse]:
    """What the cards of one page print; one query for the zones, when a place is looked for.

    The structures come from `for_cards()`.
    """
    structures = list(structures)
    rows = _rows_of(structures, question.lieu) if question.lieu and not question.is_around else {}
    return [_answer(structure, question, rows) for structure in structures]


def _rows_of(structures: list[Structure], lieu: Lieu) -> dict[int, dict[tuple[str, str], str]]:
    zones = {activite.zone_id for structure in structures for activite in structure.activites.all()} - {None}
    if not zones:
        return {}
    places = Q(niveau=lieu.niveau, code=lieu.code)
    for niveau, code in lieu.contenants():
        places |= Q(niveau=niveau, code=code)
    rows: dict[int, dict[tuple[str, str], str]] = defaultdict(dict)
    for zone, niveau, code, couverture in ZoneLieu.objects.filter(places, zone__in=zones).values_list(
        "zone", "niveau", "code", "couverture"
    ):
        rows[zone][niveau, code] = couverture
    return rows


def _answer(structure: Structure, question: Question, rows) -> Reponse:
    matching = [activite for activite in structure.activites.all() if _does(structure, activite, question)]
    distance = getattr(structure, "distance_km", None)
    reasons: list[str] = []
    lieu = question.lieu
    if question.is_around and distance is not None:
        reasons.append(f"{at_distance(distance)} {de_lieu(lieu.nom)}")
    elif lieu is not None and lieu.niveau != NiveauLieu.FRANCE:
        covers = {said for activite in matching if (said := _covers(activite, lieu, rows))}
        reasons += sorted(covers)[:MOST_REASONS]
        if not covers:
            ville = structure.ville or (structure.commune.nom if structure.commune else "")
            reasons.append(f"siège {at(ville) if ville else 'dans ce territoire'} ; zone non déclarée")
    if question.mode == Mode.PRESTATION and structure.kind == Kind.AI:
        reasons.append("par mise à disposition de personnel")
    shown = list({activite.secteur_id: activite for activite in matching}.values())
    return Reponse(structure, shown[:MOST_SECTORS], max(0, len(shown) - MOST_SECTORS), reasons, distance)


def _does(structure: Structure, activite: Activite, question: Question) -> bool:
    """`activities`, for one activity already read."""
    secteur = question.secteur
    if secteur and secteur.pk not in (activite.secteur_id, activite.secteur.parent_id):
        return False
    if question.mode == Mode.PRESTATION and structure.kind == Kind.AI:
        return activite.mode in {Mode.PRESTATION, Mode.MISE_A_DISPOSITION}
    return not question.mode or activite.mode == question.mode


def _covers(activite: Activite, lieu: Lieu, rows) -> str:
    """« couvre tout le Calvados »; "" when the zone does not reach the place."""
    zone, known = activite.zone, rows.get(activite.zone_id, {})
    own = known.get((lieu.niveau.value, lieu.code))
    if own == Couverture.ENTIER:
        return f"couvre {whole(lieu)}"
    if lieu.niveau == NiveauLieu.COMMUNE and _in_circle(zone, lieu):
        return f"couvre {lieu.nom}, dans un rayon de {zone.rayon_km} km"
    for niveau, code in reversed(lieu.contenants()):  # the largest says most
        if known.get((niveau, code)) == Couverture.ENTIER:
            if niveau == NiveauLieu.FRANCE:
                return "couvre toute la France"
            return f"couvre {lieu.nom} et {WHOLE[NiveauLieu(niveau)]} ({lieu.noms.get((niveau, code), code)})"
    return f"couvre {PART[lieu.niveau]} ({lieu.nom})" if own else ""


def _in_circle(zone: Zone | None, lieu: Lieu) -> bool:
    if zone is None or not zone.rayon_km or not lieu.has_point:
        return False
    return haversine(zone.latitude, zone.longitude, lieu.latitude, lieu.longitude) <= zone.rayon_km


def whole(lieu: Lieu) -> str:
    """« tout le Calvados », « toute la Normandie », « Évreux »."""
    if lieu.niveau == NiveauLieu.COMMUNE:
        return lieu.nom
    if lieu.niveau == NiveauLieu.FRANCE:
        return "toute la France"
    if lieu.niveau == NiveauLieu.DEPARTEMENT and lieu.code in LE:
        return f"tout le {lieu.nom}"
    if lieu.niveau == NiveauLieu.DEPARTEMENT and lieu.code in LA:
        return f"toute la {lieu.nom}"
    return f"{WHOLE[lieu.niveau]} ({lieu.nom})"


def at(nom: str) -> str:
    """« à Caen », « au Mans », « aux Ulis »."""
    if nom.startswith(("Le ", "Les ")):
        return ("au " if nom.startswith("Le ") else "aux ") + nom.partition(" ")[2]
    return f"à {nom}"


def at_distance(km: float) -> str:
    return "à moins de 1 km" if km < 1 else f"à {round(km)} km"
