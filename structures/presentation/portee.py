"""What a declared zone reaches, before it is saved: « vous apparaîtrez dans les recherches de : tout le Calvados… »."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from structures.toponymes import de, tout
from structures.zones import COMMUNE, DEPARTEMENT, EPCI, FRANCE, REGION, Geography, Place, names_of

MOST_NAMES = 12


@dataclass(frozen=True)
class Portee:
    """`entiers` and `parties`: places covered whole or in part, in words, largest first; `reste` more are not named."""

    entiers: list[str]
    parties: list[str]
    communes: int
    reste: int = 0

    @property
    def phrases(self) -> list[str]:
        return [*self.entiers, *self.parties]


def portee(places: Iterable[Place], circle: tuple[float, float, float] | None) -> Portee:
    """What these (niveau, code) places and this circle (latitude, longitude, km) reach together.

    One reading of the communes (about 0.2 s) and three queries for the names.
    """
    places = list(dict.fromkeys((str(niveau), code) for niveau, code in places))
    geography = Geography.read()
    whole, partly = geography.covered(places, circle)
    if len(whole) >= len(geography.members[FRANCE, ""]) > 0:
        return Portee([tout(FRANCE, "", "")], [], len(whole))
    counts: Counter[Place] = Counter()
    for code in whole:
        counts.update(_holders(geography, code))
    touched = dict.fromkeys(counts)
    for code in partly:
        touched |= dict.fromkeys(_holders(geography, code))
    entire = {place for place in touched if counts[place] == len(geography.members[place])}
    regions = {code for niveau, code in entire if niveau == REGION}
    departements = {
        code for niveau, code in entire if niveau == DEPARTEMENT and _region_of(geography, code) not in regions
    }
    partial = {code for niveau, code in touched if niveau == DEPARTEMENT and (DEPARTEMENT, code) not in entire}
    epcis = {
        code for niveau, code in entire
        if niveau == EPCI and not _inside(geography, code, departements | _of_regions(geography, regions))
    }  # fmt: skip
    named = {(REGION, code) for code in regions} | {(DEPARTEMENT, code) for code in departements}
    named |= {(EPCI, code) for code in epcis}
    declared = {
        code for niveau, code in places if niveau == COMMUNE and named.isdisjoint(_holders(geography, code))
    }  # fmt: skip
    names = names_of(
        [*((REGION, code) for code in regions), *((DEPARTEMENT, code) for code in departements | partial),
         *((EPCI, code) for code in epcis), *((COMMUNE, code) for code in declared)]
    )  # fmt: skip

    def said(write, niveau, codes):
        return [write(niveau, code, names.get((niveau, code), code)) for code in sorted(codes)]

    towns = sorted(names.get((COMMUNE, code), code) for code in declared)
    entiers = [*said(tout, REGION, regions), *said(tout, DEPARTEMENT, departements)]
    rest = [*said(tout, EPCI, epcis), *towns]
    parties = said(_une_partie, DEPARTEMENT, partial)
    left = max(0, len(rest) - MOST_NAMES)
    return Portee([*entiers, *rest[:MOST_NAMES]], parties, len(whole | partly), left)


def _une_partie(niveau: str, code: str, nom: str) -> str:
    return f"une partie {de(niveau, code, nom)}"


def _holders(geography: Geography, code: str) -> list[Place]:
    epci, departement, region = geography.holders.get(code, ("", "", ""))
    return [place for place in ((EPCI, epci), (DEPARTEMENT, departement), (REGION, region)) if place[1]]


def _region_of(geography: Geography, departement: str) -> str:
    return geography.holders[next(iter(geography.members[DEPARTEMENT, departement]))][2]


def _of_regions(geography: Geography, regions: set[str]) -> set[str]:
    return {geography.holders[code][1] for region in regions for code in geography.members[REGION, region]}


def _inside(geography: Geography, epci: str, departements: set[str]) -> bool:
    return {geography.holders[code][1] for code in geography.members[EPCI, epci]} <= departements
