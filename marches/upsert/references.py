"""Places and sectors that a code stands for."""

from collections.abc import Iterable
from typing import NamedTuple

from portal.text import fold, stems
from structures.models import CodePostal, Commune, Departement, Secteur


class Lieu(NamedTuple):
    commune: str | None = None
    departement: str | None = None
    probleme: str = ""


class Lieux:
    """Reads the place codes of a batch of records; two queries a batch, one for the départements once."""

    def __init__(self):
        self.departements = set(Departement.objects.values_list("code", flat=True))
        self.communes: dict[str, str | None] = {}
        self.postal: dict[str, list[tuple[str, str | None]]] = {}

    def prepare(self, codes: Iterable[str]) -> None:
        """Read what is known of these codes."""
        codes = {code for code in codes if code}
        self.communes = dict(Commune.objects.filter(code__in=codes).values_list("code", "departement"))
        self.postal = {}
        rows = CodePostal.objects.filter(code__in=codes).order_by("code", "commune")
        for code, commune, departement in rows.values_list("code", "commune", "commune__departement"):
            self.postal.setdefault(code, []).append((commune, departement))

    def read(self, code: str, kind: str) -> Lieu:
        """The commune and the département of a code; `probleme`, in French, when the code is not known."""
        if not code or not self.departements:
            return Lieu()
        kind = fold(kind).removeprefix("code ")
        if kind == "postal":
            return self._postal(code)
        if kind == "commune":
            if code in self.communes:
                return Lieu(code, self.communes[code])
            return Lieu(None, self._departement(code), "code de commune inconnu")
        if kind == "departement":
            found = code.upper().zfill(2)
            return Lieu(None, found) if found in self.departements else Lieu(probleme="code de département inconnu")
        if kind in {"arrondissement", "canton"}:
            found = self._departement(code)
            return (
                Lieu(None, found) if found else Lieu(probleme=f"code d'{kind} inconnu".replace("d'canton", "de canton"))
            )
        return Lieu() if kind in {"region", "pays"} else Lieu(probleme="type de code de lieu inconnu")

    def _postal(self, code: str) -> Lieu:
        places = self.postal.get(code, [])
        if not places:
            departement = self._departement(code)
            return Lieu(
                None, departement, "" if departement and code.isdigit() and len(code) == 5 else "code postal inconnu"
            )
        departements = {departement for _, departement in places}
        return Lieu(places[0][0] if len(places) == 1 else None, departements.pop() if len(departements) == 1 else None)

    def _departement(self, code: str) -> str | None:
        """The département that opens a code: 2 characters, 3 overseas; postcodes 200 to 206 are Corsica."""
        code = code.upper()
        if code.startswith("20"):
            code = ("2A" if code[:3] in {"200", "201"} else "2B") + code[2:]
        return next((start for start in (code[:3], code[:2]) if start in self.departements), None)


class Secteurs:
    """The purchase sector of a CPV code, by its longest known prefix; one query."""

    def __init__(self):
        self.by_prefix: dict[str, int] = {}
        self.stems: dict[int, list[str]] = {}
        rows = list(Secteur.objects.select_related("parent").order_by("-ordre"))
        for secteur in rows:
            family = (secteur.parent.nom, secteur.parent.synonymes) if secteur.parent else ()
            self.stems[secteur.pk] = stems(" ".join((secteur.nom, secteur.synonymes, *family)))
            for prefix in secteur.cpv.split():
                self.by_prefix[prefix] = secteur.pk
        self.longest = max(map(len, self.by_prefix), default=0)

    def find(self, cpv: str) -> int | None:
        digits = cpv[:8]
        lengths = range(min(self.longest, len(digits)), 0, -1)
        return next((self.by_prefix[digits[:n]] for n in lengths if digits[:n] in self.by_prefix), None)
