"""What a buyer really bought: the inclusive share of a spend, in euros before VAT."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from marches.models import AchatRealise, AttestationOeth
from marches.rules import oeth
from structures.enums import Kind
from structures.rules import HANDICAP, SIAE

ZERO = Decimal(0)
MOST_ROWS = 20  # of a table of the dashboard
INCLUSIF = ~Q(kind="")
AUTRE = Q(kind="", structure__isnull=False)
FAMILLES = {
    "insertion": ("Insertion par l'activité économique", SIAE),
    "handicap": ("Handicap", HANDICAP),
    "autres": ("Autres structures de l'annuaire", frozenset(Kind) - SIAE - HANDICAP),
}


def arrondi(value: Any) -> Decimal:
    """A sum of money to the cent: SQLite adds decimals as floats."""
    return round(Decimal(value or 0), 2)


@dataclass
class Part:
    """A spend, what of it went to establishments of the directory, what to other establishments of their companies."""

    total: Decimal = ZERO
    inclusif: Decimal = ZERO
    autre: Decimal = ZERO
    lignes: int = 0

    @property
    def part(self) -> Decimal | None:
        """Share from 0 to 1, None when the total is 0 or less (credit notes only)."""
        return self.inclusif / self.total if self.total > 0 else None

    def add(self, montant: Decimal, lignes: int, kind: str, structure: bool) -> None:
        self.total = arrondi(self.total + montant)
        self.lignes += lignes
        if kind:
            self.inclusif = arrondi(self.inclusif + montant)
        elif structure:
            self.autre = arrondi(self.autre + montant)


@dataclass
class Synthese:
    """Everything the dashboard shows of one year, or of all of them."""

    ensemble: Part = field(default_factory=Part)
    annees: dict[int, Part] = field(default_factory=dict)
    kinds: list[tuple[Kind, Decimal]] = field(default_factory=list)
    familles: list[tuple[str, Decimal]] = field(default_factory=list)
    secteurs: list[tuple[str, Decimal]] = field(default_factory=list)
    qpv: list[tuple[str, Decimal]] = field(default_factory=list)
    entites: list[tuple[str, Part]] = field(default_factory=list)
    categories: list[tuple[str, Part]] = field(default_factory=list)
    fournisseurs: list[dict[str, Any]] = field(default_factory=list)
    autres: list[dict[str, Any]] = field(default_factory=list)


def synthese(achats: QuerySet[AchatRealise], annee: int | None) -> Synthese:
    """The figures of these lines for `annee`, of all years without; `annees` always holds every year. Seven queries."""
    found, by_kind = Synthese(), dict.fromkeys(Kind, ZERO)
    for year, kind, structure, montant, lignes in _by_year(achats):
        found.annees.setdefault(year, Part()).add(montant, lignes, kind, structure)
        if annee in (None, year):
            found.ensemble.add(montant, lignes, kind, structure)
            if kind:
                by_kind[Kind(kind)] = arrondi(by_kind[Kind(kind)] + montant)
    these = achats if annee is None else achats.filter(annee=annee)
    inclusive = these.filter(INCLUSIF)
    present = [(kind, montant) for kind, montant in by_kind.items() if montant]
    found.kinds = sorted(present, key=lambda item: -item[1])
    found.familles = [(label, arrondi(sum(by_kind[kind] for kind in kinds))) for label, kinds in FAMILLES.values()]
    found.secteurs = _sums(inclusive, "secteur__nom", "Plusieurs secteurs, ou non renseigné")
    found.qpv = _sums(inclusive, "qpv", "Situation non connue", {True: "Siège en QPV", False: "Hors QPV"})
    found.entites, found.categories = _parts(these, "entite"), _parts(these, "categorie")
    found.fournisseurs = _suppliers(inclusive)
    found.autres = _suppliers(these.filter(AUTRE))
    return found


def _by_year(achats: QuerySet[AchatRealise]) -> Iterable[tuple[int, str, bool, Decimal, int]]:
    rows = achats.order_by().values("annee", "kind").annotate(
        somme=Sum("montant"), nombre=Count("pk"), autre=Sum("montant", filter=AUTRE), autres=Count("pk", filter=AUTRE)
    )  # fmt: skip
    for row in rows.order_by("annee", "kind"):
        other = arrondi(row["autre"])
        yield row["annee"], row["kind"], False, arrondi(arrondi(row["somme"]) - other), row["nombre"] - row["autres"]
        if row["autres"]:
            yield row["annee"], "", True, other, row["autres"]


def _sums(achats, column: str, unknown: str, labels: dict | None = None) -> list[tuple[str, Decimal]]:
    rows = achats.order_by().values_list(column).annotate(somme=Sum("montant"))
    names = {None: unknown} | (labels or {})
    sums = [(names.get(value, value), arrondi(total)) for value, total in rows]
    return sorted(sums, key=lambda item: (-item[1], item[0]))


def _parts(achats, column: str) -> list[tuple[str, Part]]:
    """The 20 greatest spends by value of a column; nothing when the files never gave it."""
    rows = (
        achats.order_by().values(column)
        .annotate(
            somme=Sum("montant"), inclusif=Sum("montant", filter=INCLUSIF), autre=Sum("montant", filter=AUTRE),
            lignes=Count("pk"),
        )
        .order_by("-somme", column)[:MOST_ROWS]
    )  # fmt: skip
    found = [
        (
            row[column],
            Part(arrondi(row["somme"]), arrondi(row["inclusif"]), arrondi(row["autre"]), row["lignes"]),
        )
        for row in rows
    ]
    return [(name or "Non renseigné", part) for name, part in found] if any(name for name, _ in found) else []


def _suppliers(achats) -> list[dict[str, Any]]:
    """The 20 suppliers most was bought from."""
    rows = (
        achats.order_by()
        .values("structure", "siret_fournisseur", "kind", nom=F("structure__nom"))
        .annotate(somme=Sum("montant"), lignes=Count("pk"))
        .order_by("-somme", "siret_fournisseur", "kind")[:MOST_ROWS]
    )
    return [row | {"montant": arrondi(row["somme"])} for row in rows]


# OETH ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class LigneOeth:
    """One supplier of one year: what was bought, what it attested, what may be declared."""

    siret: str
    nom: str
    structure: int | None
    kind: Kind
    montant: Decimal
    cout: Decimal | None
    deductible: Decimal | None
    eligibilite: Any
    coherence: Any


@dataclass(frozen=True)
class EtatOeth:
    """The year of one buyer; sums are of what gives a deduction and is attested."""

    annee: int
    valeurs: oeth.Regles | None
    lignes: list[LigneOeth]

    @property
    def eligibles(self) -> list[LigneOeth]:
        return [ligne for ligne in self.lignes if ligne.eligibilite.is_ok]

    @property
    def montant(self) -> Decimal:
        return arrondi(sum((ligne.montant for ligne in self.eligibles), ZERO))

    @property
    def deductible(self) -> Decimal:
        return arrondi(sum((ligne.deductible or ZERO for ligne in self.eligibles), ZERO))

    @property
    def a_attester(self) -> int:
        """Suppliers whose cost of labour is still unknown."""
        return sum(1 for ligne in self.eligibles if ligne.cout is None)


def etat_oeth(achats: QuerySet[AchatRealise], attestations: QuerySet[AttestationOeth], annee: int) -> EtatOeth:
    """Purchases of `annee` from EA, EATT and ESAT, by supplier, the greatest first; two queries."""
    valeurs = oeth.regles(annee)
    couts = dict(attestations.filter(annee=annee).values_list("siret_fournisseur", "cout_main_oeuvre"))
    rows = (
        achats.filter(annee=annee, kind__in=oeth.SUIVIS).order_by()
        .values("siret_fournisseur", "structure", "kind", nom=F("structure__nom"))
        .annotate(somme=Sum("montant"))
        .order_by("-somme", "siret_fournisseur", "kind")
    )  # fmt: skip
    lignes = []
    for row in rows:
        montant, eligibilite = arrondi(row["somme"]), oeth.eligibilite(row["kind"])
        cout = couts.get(row["siret_fournisseur"])
        deductible = oeth.montant_deductible(cout, valeurs) if valeurs and eligibilite.is_ok else None
        lignes.append(
            LigneOeth(
                row["siret_fournisseur"], row["nom"] or "", row["structure"], Kind(row["kind"]), montant, cout,
                deductible, eligibilite, oeth.coherence(cout, montant),
            )
        )  # fmt: skip
    return EtatOeth(annee, valeurs, lignes)
