"""Towns as files write them: « CAEN CEDEX », « ST LO », an old commune with its postcode → a commune of today."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rapidfuzz import fuzz

from structures.lieux import ARRONDISSEMENTS, arrondissement_code, departement_of, fold_place
from structures.models import Commune


@dataclass(frozen=True)
class Rapprochement:
    """The commune found for a name of a file, or None; `raison` (French) is empty when there is nothing to say."""

    code: str | None
    raison: str = ""


class CommuneMatcher:
    """Matches the cities that files name with communes, from one reading of the table (35 000 rows, two queries)."""

    def __init__(self):
        self.departement: dict[str, str] = {}
        self.nom: dict[str, str] = {}
        self.point: dict[str, tuple[float, float]] = {}
        self._by_name: dict[tuple[str, str], list[str]] = {}
        self._by_postcode: dict[str, list[tuple[str, str]]] = {}
        rows = Commune.objects.order_by("-population", "code").values_list(
            "code", "nom", "nom_tri", "departement", "latitude", "longitude", "codes_postaux"
        )
        for code, nom, name, departement, latitude, longitude, postcodes in rows:
            self.departement[code] = departement or ""
            self.nom[code] = nom
            if latitude is not None:
                self.point[code] = (latitude, longitude)
            for spelling in {name, _bare(name)}:
                self._by_name.setdefault((departement or "", spelling), []).append(code)
            for postcode in postcodes.split():
                self._by_postcode.setdefault(postcode, []).append((_bare(name), code))

    def match(self, city: str, postcode: str = "", departement: str = "") -> Rapprochement:
        """The commune called `city`, in the département of `postcode` or in `departement`.

        The name decides; the postcode helps when the name is unknown (old communes) or written otherwise.
        """
        name = _place_name(city)
        if arrondissement := arrondissement_code(name):
            if arrondissement in self.departement:
                return Rapprochement(arrondissement)
            name = name.split()[0]
        elif name in ARRONDISSEMENTS and (code := self._arrondissement(postcode)):
            return Rapprochement(code)
        places = list(dict.fromkeys(filter(None, (departement_of(postcode), departement))))
        for place in places:
            for spelling in (name, _bare(name)):
                if found := self._by_name.get((place, spelling)):
                    return Rapprochement(self._best(found, postcode))
        return self._by_nearness(name, postcode) if places or postcode else self._by_name_alone(name)

    def spelled(self, city: str, code: str | None) -> str:
        """`city` as its commune `code` is spelled, when that is its name: « ST LO » → « Saint-Lô », « LYON 09 » →
        « Lyon 9e », « PARIS » in an arrondissement → « Paris »."""
        official, name = self.nom.get(code or "", city), fold_place(city)
        if arrondissement_code(name) == code:
            return official.removesuffix(" Arrondissement")
        town = official.split()[0] if name in ARRONDISSEMENTS else official
        return town if fold_place(town) == name else city

    def _arrondissement(self, postcode: str) -> str:
        codes = [code for _, code in self._by_postcode.get(postcode, []) if code[:3] in {"751", "693", "132"}]
        return codes[0] if len(codes) == 1 else ""

    @cached_property
    def _everywhere(self) -> dict[str, set[str]]:
        """Folded name → every commune so called."""
        found: dict[str, set[str]] = {}
        for (_, spelling), codes in self._by_name.items():
            found.setdefault(spelling, set()).update(codes)
        return found

    def _by_name_alone(self, name: str) -> Rapprochement:
        """A name without postcode nor département: the only commune called so."""
        codes = self._everywhere.get(name) or self._everywhere.get(_bare(name)) or set()
        if len(codes) == 1:
            return Rapprochement(next(iter(codes)), "commune trouvée par son nom seul, sans code postal")
        if codes:
            return Rapprochement(None, "plusieurs communes portent ce nom\u00a0: ajoutez le code postal")
        return Rapprochement(None, "commune inconnue")

    def _best(self, codes: list[str], postcode: str) -> str:
        inside = {code for _, code in self._by_postcode.get(postcode, [])}
        return next((code for code in codes if code in inside), codes[0])

    def _by_nearness(self, name: str, postcode: str) -> Rapprochement:
        near = self._by_postcode.get(postcode, [])
        if name and near:
            bare = _bare(name)
            starts = [code for other, code in near if bare.startswith(f"{other} ") or other.startswith(f"{bare} ")]
            if starts:
                return Rapprochement(starts[0], "commune rapprochée par le début de son nom et le code postal")
            score, code = max((_likeness(bare, other), code) for other, code in near)
            if score >= 80:
                return Rapprochement(code, "commune rapprochée par un nom voisin et le code postal")
        if len(near) == 1:
            return Rapprochement(near[0][1], "commune rapprochée par le code postal seul")
        return Rapprochement(None, "commune inconnue")


def _place_name(city: str) -> str:
    return " ".join(re.sub(r"^\d{5} ", "", fold_place(city)).split())


@lru_cache(maxsize=100_000)
def _bare(name: str) -> str:
    """A folded name without its article: « la ferte mace » → « ferte mace »."""
    return re.sub(r"^(?:l|le|la|les) ", "", name)


def _likeness(one: str, other: str) -> float:
    return fuzz.ratio(one.replace(" ", ""), other.replace(" ", ""))
