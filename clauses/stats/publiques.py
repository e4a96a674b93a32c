"""The figures that everybody reads of a year: counted in one pass over its hours, then hidden where they are small."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from clauses.enums import Etat
from clauses.models import ClauseSociale, Declaration, Imputation, StatistiquePublique
from clauses.rules import masque_croise
from clauses.stats.bilans import AUTRES_EMPLOYEURS, familles
from structures.models import Departement, Secteur

SANS_LIEU, SANS_SECTEUR = "Lieu non renseigné", "Secteur non renseigné"
LIEUX = ("region", "departement")
EMPLOYEUR_INCONNU = "Employeur non renseigné"
EMPLOYEURS = 5_000  # in one query
Cle = tuple[str, ...]  # (level, key); where a sector crosses a place: (level of the place, its key, sector)
FRANCE: Cle = ("france", "")


@dataclass
class Case:
    """One cell: hours, and who and what they are about."""

    heures: Decimal = Decimal(0)
    formation: Decimal = Decimal(0)
    personnes: set[int] = field(default_factory=set)
    marches: set[int] = field(default_factory=set)
    structures: set[int] = field(default_factory=set)
    entreprises: set[int] = field(default_factory=set)


def annees() -> list[int]:
    """Years with a month declared."""
    return [day.year for day in Declaration.objects.dates("mois", "year")]


def chiffres_publics(annee: int, *, personnes: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The year as JSON keeps it: `france`, rows by `regions`, `departements`, `secteurs`, `familles`; its crossings.

    A row is [key, label, parent, hours, training hours, contracts, inclusive structures, other employers, people];
    people are None where they are hidden, and everywhere when `personnes` is False. Hours count in the month they were
    worked, opening balances apart. The crossings are {`regions`, `departements`: rows [place, sector, hours, …]}.
    """
    cases = _cases(annee)
    names = _names()
    cells = {key: len(case.personnes) for key, case in cases.items()}
    shown = masque_croise(cells, *_sums(cells)) if personnes and cells else dict.fromkeys(cells)
    found: dict[str, Any] = {
        "version": 1,
        "france": _row(FRANCE, names, cases.get(FRANCE, Case()), shown.get(FRANCE, 0)),
    }
    if not personnes:
        found["france"][-1] = None
    crossed: dict[str, Any] = {}
    for name, level in (
        ("regions", "region"), ("departements", "departement"), ("secteurs", "secteur"), ("familles", "famille")
    ):  # fmt: skip
        rows = [_row(key, names, case, shown[key]) for key, case in cases.items() if key[0] == level and len(key) == 2]
        found[name] = sorted(rows, key=lambda row: (row[1] in (SANS_LIEU, SANS_SECTEUR), row[1]))
        if level in LIEUX:
            crossed[name] = sorted(
                [*key[1:], *_mesures(case, shown[key])]
                for key, case in cases.items() if key[0] == level and len(key) == 3
            )  # fmt: skip
    return found, crossed


def _cases(annee: int) -> dict[Cle, Case]:
    """{key: cell} of every place, sector, crossing and family of employers with hours; one pass over the year."""
    rows = Imputation.objects.filter(etat=Etat.ACCEPTEE, declaration__mois__year=annee).order_by()
    grouped = rows.values_list("clause", "ligne__employeur", "ligne__affectation__participant").annotate(
        Sum("heures"), Sum("heures_formation")
    )
    lots = _clauses(annee)
    employers = rows.exclude(ligne__employeur=None).values_list("ligne__employeur", flat=True).distinct()
    kinds = _kinds(list(employers))
    cases: dict[Cle, Case] = defaultdict(Case)
    for clause, employeur, personne, heures, formation in grouped.iterator():
        marche, keys = lots[clause]
        famille = kinds.get(employeur, AUTRES_EMPLOYEURS) if employeur else EMPLOYEUR_INCONNU
        for key in (*keys, ("famille", famille)):
            case = cases[key]
            case.heures += heures
            case.formation += formation
            case.marches.add(marche)
            if personne:
                case.personnes.add(personne)
            if employeur:
                (case.structures if employeur in kinds else case.entreprises).add(employeur)
    return dict(cases)


def _clauses(annee: int) -> dict[int, tuple[int, list[Cle]]]:
    """{clause: (contract, the cells it counts in)}."""
    found: dict[int, tuple[int, list[Cle]]] = {}
    rows = ClauseSociale.objects.filter(date_debut__year__lte=annee).order_by()
    told: list[Any]
    for pk, marche, *told in rows.values_list(
        "pk", "lot__marche", "lot__departement", "lot__departement__region", "lot__commune__departement",
        "lot__commune__departement__region", "lot__secteur", "lot__secteur__parent",
    ).iterator():  # fmt: skip
        departement, region = (told[0], told[1]) if told[0] else (told[2], told[3])
        secteur = str(told[5] or told[4] or "")
        places = [("region", region or "")] + ([("departement", departement)] if departement else [])
        found[pk] = (marche, [FRANCE, ("secteur", secteur), *places, *((*place, secteur) for place in places)])
    return found


def _kinds(employeurs: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(employeurs), EMPLOYEURS):
        found |= familles(employeurs[start : start + EMPLOYEURS])
    return found


def _sums(cells: Iterable[Cle]) -> tuple[list[tuple[Cle, list[Cle]]], list[tuple[list[Cle], list[Cle]]]]:
    """The sums of the one-way tables; every sum, as a circulation (see `masque_croise`).

    France is its régions, its sectors, its families of employers; a région is its départements; a place is its
    sectors; a sector is its régions, and in a région its départements. The circulation goes from France to families,
    régions, départements, sectors of these, sectors of régions, sectors, and back.
    """
    regions = dict(Departement.objects.values_list("pk", "region"))
    tops: dict[str, list[Cle]] = {"region": [], "secteur": [], "famille": []}
    departements: dict[Cle, list[Cle]] = defaultdict(list)
    secteurs: dict[Cle, list[Cle]] = defaultdict(list)
    plus_fins: dict[Cle, list[Cle]] = defaultdict(list)
    for key in cells:
        level, name, *secteur = key
        if secteur:
            secteurs[level, name].append(key)
            plus_fins[("secteur", *secteur) if level == "region" else ("region", regions[name], *secteur)].append(key)
        elif level == "departement":
            departements["region", regions[name]].append(key)
        elif level in tops:
            tops[level].append(key)
    sums: list[tuple[Cle, list[Cle]]] = [(FRANCE, top) for top in tops.values() if top]
    sums += departements.items()
    nodes = [([FRANCE], tops["famille"]), (tops["famille"], tops["region"]), (tops["secteur"], [FRANCE])]
    nodes += [([region], departements.get(region) or secteurs[region]) for region in tops["region"]]
    nodes += [([place], parts) for place, parts in secteurs.items() if place[0] == "departement"]
    return sums, nodes + [(parts, [whole]) for whole, parts in plus_fins.items()]


def _names() -> dict[Cle, tuple[str, str]]:
    """{(level, key): (label, key of its région)}."""
    names: dict[Cle, tuple[str, str]] = {
        FRANCE: ("France", ""),
        ("region", ""): (SANS_LIEU, ""),
        ("secteur", ""): (SANS_SECTEUR, ""),
    }
    for departement in Departement.objects.select_related("region"):
        names["departement", departement.pk] = (departement.nom, departement.region_id)
        names["region", departement.region_id] = (departement.region.nom, "")
    return names | {("secteur", str(pk)): (nom, "") for pk, nom in Secteur.objects.values_list("pk", "nom")}


def _row(key, names, case: Case, personnes: int | None) -> list[Any]:
    label, parent = names.get(key, (key[1], ""))
    return [key[1], label, parent, *_mesures(case, personnes)]


def _mesures(case: Case, personnes: int | None) -> list[Any]:
    return [
        f"{case.heures:.2f}", f"{case.formation:.2f}", len(case.marches), len(case.structures), len(case.entreprises),
        personnes,
    ]  # fmt: skip


def publiees() -> list[StatistiquePublique]:
    """Every published year without its crossings, the latest first; one query."""
    return list(StatistiquePublique.objects.defer("croisements").order_by("-annee"))
