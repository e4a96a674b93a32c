"""The yearly indicators of a facilitator's body, as national consolidations ask for them."""

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Q, Sum

from clauses.enums import Etat, SourceFinancement, TailleEntreprise, TypeClause
from clauses.models import ClauseSociale, Financement, Imputation, TailleDeclarant
from clauses.parametres import DATA
from clauses.rules import coherence_annee, moyenne, part
from clauses.stats.bilans import Perimetre, chiffres
from clauses.stats.commun import SANS_ETIQUETTE, batched_ids
from marches.enums import GenreAcheteur
from marches.models import MembreGroupement, Titulaire
from portal.permissions import Acteur
from portal.verdict import Verdict
from structures.models import Structure

BTP = ("gros-oeuvre", "second-oeuvre", "travaux-publics")
CLASSES = {
    "modalite": "Modalités", "employeur": "Familles d'employeurs", "contrat": "Types de contrat", "sexe": "Sexe",
    "age": "Âge à l'entrée", "qpv": "Quartiers prioritaires", "critere": "Situation à l'entrée",
    "niveau": "Niveau de formation", "prescripteur": "Prescripteurs",
}  # fmt: skip
SOURCE_CLASSES = "Consolidations nationales, ventilations des participants et des heures"


@dataclass(frozen=True)
class Indicateur:
    """A row of the table: `valeur` is a number, or None when nothing can be said (an average of nobody)."""

    code: str
    groupe: str
    libelle: str
    valeur: Any
    unite: str  # nombre, heures, part (0 to 1), moyenne
    definition: str
    source: str


@dataclass(frozen=True)
class Consolidation:
    annee: int
    indicateurs: list[Indicateur]
    verdicts: list[Verdict]

    @property
    def groupes(self) -> list[tuple[str, list[tuple[Indicateur, int]]]]:
        """Rows by group, those of one definition together, each with how many rows it holds for: 0 after the first."""
        alike: dict[tuple[str, str, str], list[Indicateur]] = defaultdict(list)
        for each in self.indicateurs:
            alike[each.groupe, each.definition, each.source].append(each)
        by: dict[str, list[tuple[Indicateur, int]]] = defaultdict(list)
        for (groupe, _, _), rows in alike.items():
            by[groupe] += [(each, 0 if rank else len(rows)) for rank, each in enumerate(rows)]
        return list(by.items())


@cache
def _definitions() -> list[dict[str, str]]:
    with (DATA / "indicateurs.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))


def consolidation(acteur: Acteur, annee: int) -> Consolidation:
    """The year of the body for which this `Acteur` acts; a fixed number of queries."""
    clauses = ClauseSociale.objects.followed_by(acteur)
    perimetre = Perimetre(clauses, date(annee, 1, 1), date(annee, 12, 31))
    told = chiffres(perimetre)
    running = clauses.filter(date_debut__lte=perimetre.au, date_fin__gte=perimetre.du).order_by()
    during = declarants_de(perimetre)
    values = _values(told, perimetre, running, during)
    rows = [
        Indicateur(
            row["code"], row["groupe"], row["libelle"], values[row["code"]], row["unite"], row["definition"].strip(),
            row["source"],
        )
        for row in _definitions()
    ]  # fmt: skip
    rows += _clause_rows(running) + _size_rows(during) + _funding_rows(acteur, annee)
    tables = {
        name: [(row[0], Decimal(row[1]), Decimal(row[2]), row[3]) for row in told["tables"][name]] for name in CLASSES
    }
    rows += _class_rows(tables)
    rows += _exit_rows(told["sorties"])
    known = {code: Decimal(value or 0) for code, value in values.items()}
    known["corrections"] = Decimal(told["heures"]["corrections"])
    return Consolidation(
        annee, rows, coherence_annee(known, {CLASSES[name]: several for name, several in tables.items()})
    )


def declarants_de(perimetre: Perimetre) -> set[int]:
    """Organisations that declare an accepted hour of these clauses in the period; one query."""
    rows = perimetre.imputations().filter(
        etat=Etat.ACCEPTEE, declaration__mois__range=(perimetre.du, perimetre.au)
    )  # fmt: skip
    return set(rows.order_by().values_list("declaration__organisation", flat=True).distinct())


def _values(told, perimetre: Perimetre, running, during: set[int]) -> dict[str, Any]:
    hours = {name: Decimal(value) for name, value in told["heures"].items()}
    counts, exits = told["nombres"], told["sorties"]
    declared = perimetre.imputations().filter(etat=Etat.ACCEPTEE).order_by()
    before = set(
        declared.filter(declaration__mois__lt=perimetre.du, declaration__organisation__in=during)
        .values_list("declaration__organisation", flat=True)
        .distinct()
    )
    lots = running.values("lot")
    holders = Q(organisation__in=Titulaire.objects.filter(lot__in=lots).values("organisation")) | Q(
        organisation__in=MembreGroupement.objects.filter(
            groupement__lot__in=lots, groupement__retenu=True
        ).values("organisation")
    )  # fmt: skip
    return {
        **{name: counts[name] for name in ("acheteurs", "marches", "lots", "clauses", "clauses_avec_heures")},
        **{name: counts[name] for name in ("employeurs", "personnes", "contrats")},
        "part_btp": part(_btp(perimetre), hours["acceptees"]),
        "heures_dues": hours["dues"],
        "heures_dues_annee": hours["dues_periode"],
        "heures_declarees": hours["declarees"],
        "heures_acceptees": hours["acceptees"],
        "heures_formation": hours["formation"],
        "heures_reprises": hours["reprises"],
        "entreprises": len(during),
        "entreprises_nouvelles": len(during - before),
        "titulaires_inclusifs": Structure.objects.filter(holders).order_by().values("organisation").distinct().count(),
        "heures_par_personne": moyenne(hours["acceptees"], counts["personnes"]),
        "contrats_par_personne": moyenne(counts["contrats"], counts["personnes"], 2),
        "sorties": exits["personnes"],
        "sorties_acheteur": exits["chez_acheteur"],
        "sorties_titulaire": exits["chez_titulaire"],
    }


def _btp(perimetre: Perimetre) -> Decimal:
    building = Q(clause__lot__secteur__code__in=BTP) | Q(clause__lot__secteur__parent__code__in=BTP)
    rows = Imputation.objects.filter(clause__in=perimetre.ids, etat=Etat.ACCEPTEE).filter(
        building, declaration__mois__range=(perimetre.du, perimetre.au)
    )
    return round(rows.aggregate(total=Sum("heures"))["total"] or Decimal(0), 2)


def _clause_rows(running) -> list[Indicateur]:
    """Clauses by type, buyers by kind."""
    rows = list(running.values_list("type", "lot__marche__acheteur", "lot__marche__acheteur__genre"))
    types = Counter(row[0] for row in rows)
    kinds = Counter(kind for _, kind in {(row[1], row[2]) for row in rows})
    found = [
        Indicateur(
            f"clauses.{value}", "Acheteurs et marchés", f"Clauses\u00a0: {label}", types[value], "nombre",
            "Clauses de ce type en cours pendant l'année", "Consolidations nationales (types de clause)",
        )
        for value, label in TypeClause.choices if types[value]
    ]  # fmt: skip
    return found + [
        Indicateur(
            f"acheteurs.{value}", "Acheteurs et marchés", f"Acheteurs\u00a0: {label}", kinds[value], "nombre",
            "Acheteurs de ce genre", "Consolidations nationales (acheteurs par type)",
        )
        for value, label in GenreAcheteur.choices if kinds[value]
    ]  # fmt: skip


def _size_rows(during: set[int]) -> list[Indicateur]:
    """Companies that declare by size; how many are of unknown size is told too."""
    sizes: Counter[str] = Counter()
    for several in batched_ids(during):
        sizes.update(TailleDeclarant.objects.filter(organisation__in=several).values_list("taille", flat=True))
    sizes[""] = len(during) - sum(sizes.values())
    return [
        Indicateur(
            f"taille.{value or 'inconnue'}", "Taille des entreprises", str(label), sizes[value], "nombre",
            "Organisations qui déclarent une heure acceptée pendant l'année, par effectif",
            "Consolidations nationales (entreprises, taille)\u00a0; décret 2008-1354, art. 3",
        )
        for value, label in [*TailleEntreprise.choices, ("", SANS_ETIQUETTE)] if sizes[value]
    ]  # fmt: skip


def _funding_rows(acteur: Acteur, annee: int) -> list[Indicateur]:
    """Who pays for the work of the year; an amount nobody gave is None."""
    rows = Financement.objects.filter(facilitateur__organisation=acteur.organisation_id, annee=annee)
    given = dict(rows.values_list("source", "montant"))
    return [
        Indicateur(
            f"financement.{value}", "Financements", str(label), given[value], "euros",
            "Ce qui finance le travail des facilitateurs de l'organisme pendant l'année, tel qu'il le déclare",
            "Consolidations nationales (sources de financement)",
        )
        for value, label in SourceFinancement.choices if value in given
    ]  # fmt: skip


def _class_rows(tables) -> list[Indicateur]:
    found = []
    for name, rows in tables.items():
        for rank, (label, hours, _, people) in enumerate(rows):
            for measure, value in (("heures", hours), ("personnes", people)):
                unit = "heures" if measure == "heures" else "nombre"
                found.append(
                    Indicateur(
                        f"{name}.{rank + 1}.{measure}", CLASSES[name], f"{label}, {measure}", value, unit,
                        "Heures acceptées de l'année" if unit == "heures" else "Personnes distinctes de l'année",
                        SOURCE_CLASSES,
                    )
                )  # fmt: skip
    return found


def _exit_rows(exits) -> list[Indicateur]:
    return [
        Indicateur(
            f"sorties.{terme}.{rank + 1}", "Sorties", f"{f'À {terme} mois' if terme else 'À la sortie'}\u00a0: {label}",
            number, "nombre", "Points de suivi notés des participants sortis pendant l'année",
            "Définition des PLIE, suivi à 6, 12 et 18 mois",
        )
        for rank, (terme, label, number) in enumerate(exits["points"])
    ]  # fmt: skip
