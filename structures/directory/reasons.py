"""Why a structure answers a question, in words that say exactly what it declared."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from portal.text import de_lieu
from structures.directory.criteres import sector_ids
from structures.directory.lignes import ActiviteLue, Cercle, Ligne, circles, coverage
from structures.directory.question import Question
from structures.enums import Couverture, Kind, Mode, NiveauLieu
from structures.geo import haversine
from structures.lieux import Lieu
from structures.toponymes import a, du_lieu, tout, tout_le_lieu

MOST_SECTORS = 4  # on a card
MOST_REASONS = 2
NOTHING = ("", 0, False)


@dataclass
class Couvertures:
    """What the zones of a page say of the places searched."""

    # zone → place → how much, how many communes, declared
    lieux: dict[int, dict[tuple[str, str], tuple[str, int, bool]]] = field(default_factory=lambda: defaultdict(dict))
    cercles: dict[int, Cercle] = field(default_factory=dict)


@dataclass(frozen=True)
class Reponse:
    """A structure found, with the activities that answer and the reasons, in words."""

    structure: Ligne
    activites: list[ActiviteLue]
    autres: int
    raisons: list[str]
    distance_km: float | None


def answers(structures: Iterable[Ligne], question: Question, wanted: Collection[int] | None = None) -> list[Reponse]:
    """What the cards of one page print; `wanted` is `sector_ids(question.secteurs)` when it is known already.

    Three queries at most: the places of the zones and their circles when a place is looked for, the sectors of the
    families among those asked for.
    """
    structures = list(structures)
    places = [lieu for lieu in question.territoires if not _is_circle(lieu, question)]
    rows = _rows_of(structures, places) if places else Couvertures()
    wanted = frozenset(sector_ids(question.secteurs) if wanted is None else wanted)
    return [_answer(structure, question, rows, wanted) for structure in structures]


def whole(lieu: Lieu) -> str:
    """« tout le Calvados », « toute la Normandie », « Évreux »."""
    return tout_le_lieu(lieu)


def _is_circle(lieu: Lieu, question: Question) -> bool:
    return bool(question.rayon_km) and lieu.has_point


def _rows_of(structures: list[Ligne], lieux: list[Lieu]) -> Couvertures:
    zones = {activite.zone_id for structure in structures for activite in structure.activites if activite.zone_id}
    places = {pair for lieu in lieux for pair in [(str(lieu.niveau), lieu.code), *lieu.contenants()]}
    rows = Couvertures()
    for zone, niveau, code, *said in coverage(zones, (code for _, code in places)):
        rows.lieux[zone][niveau, code] = tuple(said)
    if any(lieu.niveau == NiveauLieu.COMMUNE for lieu in lieux):
        rows.cercles = circles(zones)
    return rows


def _answer(structure: Ligne, question: Question, rows: Couvertures, wanted: frozenset[int]) -> Reponse:
    matching = [activite for activite in structure.activites if _does(structure, activite, question, wanted)]
    said = (_reasons(structure, matching, lieu, question, rows) for lieu in question.territoires)
    reasons = list(dict.fromkeys(reason for some in said for reason in some))
    if question.mode == Mode.PRESTATION and structure.kind == Kind.AI:
        reasons.append("par mise à disposition de personnel")
    shown = list({activite.secteur_id: activite for activite in matching}.values())
    distance = distance_to(structure, question.centre)
    return Reponse(structure, shown[:MOST_SECTORS], max(0, len(shown) - MOST_SECTORS), reasons, distance)


def distance_to(structure, lieu: Lieu | None) -> float | None:
    """Kilometres between a seat and a commune; None when one of them has no position."""
    if lieu is None or not lieu.has_point or structure.latitude is None or structure.longitude is None:
        return None
    return haversine(structure.latitude, structure.longitude, *lieu.point)


def _does(structure: Ligne, activite: ActiviteLue, question: Question, wanted: frozenset[int]) -> bool:
    """`activities`, for one activity already read."""
    if wanted and activite.secteur_id not in wanted:
        return False
    if question.mode == Mode.PRESTATION and structure.kind == Kind.AI:
        return activite.mode in {Mode.PRESTATION, Mode.MISE_A_DISPOSITION}
    return not question.mode or activite.mode == question.mode


def _reasons(
    structure: Ligne, matching: list[ActiviteLue], lieu: Lieu, question: Question, rows: Couvertures
) -> list[str]:
    """Why the structure answers for one of the places; nothing when it does not."""
    if _is_circle(lieu, question):
        distance = distance_to(structure, lieu)
        if distance is None or distance > (question.rayon_km or 0):
            return []
        return [f"siège {at_distance(distance)} {de_lieu(lieu.nom)}"]
    said = dict.fromkeys(filter(None, (covers(activite.zone_id, lieu, rows) for activite in matching)))
    if said:
        return list(said)[:MOST_REASONS]
    undeclared = any(activite.zone_id is None for activite in matching)
    undeclared |= not question.asks_activity and not structure.activites
    if undeclared and seated_in(structure, lieu):
        ville = structure.ville or structure.commune_nom
        return [f"siège {a(ville) if ville else 'dans ce territoire'}\u00a0; zone non déclarée"]
    return []


def covers(zone: int | None, lieu: Lieu, rows: Couvertures) -> str:
    """« couvre tout le Calvados », « couvre 12 communes de l'Isère »; "" when the zone does not reach the place.

    What was declared comes before what follows from it: the circle of a commune before the département it fills.
    """
    if zone is None:
        return ""
    known = rows.lieux.get(zone, {})
    couverture, communes, _ = known.get((str(lieu.niveau), lieu.code), NOTHING)
    if couverture == Couverture.ENTIER:
        return f"couvre {tout_le_lieu(lieu)}"
    # The largest says most.
    holders = [pair for pair in reversed(lieu.contenants()) if known.get(pair, NOTHING)[0] == Couverture.ENTIER]
    declared = [pair for pair in holders if known[pair][2]]
    if not declared and lieu.niveau == NiveauLieu.COMMUNE and (circle := _circle(rows.cercles.get(zone), lieu)):
        return circle
    for niveau, code in declared or holders:
        return f"couvre {tout(niveau, code, lieu.noms.get((niveau, code), code))}"
    if not couverture:
        return ""
    if communes > 1:
        return f"couvre {communes} communes {du_lieu(lieu)}"
    return f"couvre une commune {du_lieu(lieu)}" if communes else f"couvre une partie {du_lieu(lieu)}"


def _circle(cercle: Cercle | None, lieu: Lieu) -> str:
    """« à 12 km d'Évreux (rayon déclaré 40 km) », when the circle of the zone holds the commune."""
    if cercle is None or not lieu.has_point:
        return ""
    distance = haversine(cercle.latitude, cercle.longitude, *lieu.point)
    if distance > cercle.rayon_km:
        return ""
    return f"{at_distance(distance)} {de_lieu(lieu.nom)} (rayon déclaré {cercle.rayon_km}\u00a0km)"


def seated_in(structure: Ligne, lieu: Lieu) -> bool:
    """`seat_q`, for a structure already read."""
    if lieu.niveau == NiveauLieu.DEPARTEMENT:
        return structure.departement_id == lieu.code
    if lieu.niveau == NiveauLieu.REGION:
        return structure.region_id == lieu.code
    if lieu.niveau == NiveauLieu.EPCI:
        return structure.epci_id == lieu.code
    return lieu.code in (structure.commune_id, structure.parente_id)


def at_distance(km: float) -> str:
    return "à moins de 1\u00a0km" if km < 1 else f"à {round(km)}\u00a0km"
