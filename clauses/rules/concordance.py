"""Whether the figures of a report agree with one another: sums, people, exits, ratios. Pure functions.

They judge the plain values of `stats.chiffres`, frozen or of today: a report signed can be checked for good.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

from clauses.rules.bilans import part
from portal.templatetags.formats import heures, nombre, pluriel, pourcent
from portal.verdict import Verdict

LIBELLES = {
    "modalite": "modalité", "employeur": "famille d'employeurs", "sexe": "sexe", "age": "tranche d'âge",
    "critere": "critère d'éligibilité", "qpv": "quartier prioritaire", "contrat": "type de contrat",
    "niveau": "niveau de formation",
}  # fmt: skip


def coherences(chiffres: Mapping[str, Any], *, reponse: Decimal) -> list[Verdict]:
    """What does not agree in a report, the most serious first; one « conforme » when all does.

    `reponse`: the share of people followed below which a rate of lasting jobs is fragile.
    Source: indicators of the networks (reference guides, D); stories where counts and ratios contradicted each other.
    """
    found = [*_sommes(chiffres), *_personnes(chiffres), *_sorties(chiffres, reponse), *_heures(chiffres)]
    if not found:
        return [Verdict.ok("Les totaux, les catégories, les effectifs et les taux de ce bilan concordent.")]
    return sorted(found, key=lambda verdict: -verdict.level.rank)


def _sommes(chiffres) -> Iterator[Verdict]:
    """Every table adds up to the hours of the period."""
    accepted = Decimal(chiffres["heures"]["acceptees"])
    training = Decimal(chiffres["heures"]["formation"])
    tables = {f"par {LIBELLES.get(name, name)}": rows for name, rows in chiffres["tables"].items()}
    for label, rows in tables.items():
        for expected, column, what in ((accepted, 1, "heures"), (training, 2, "heures de formation")):
            total = sum((Decimal(row[column]) for row in rows), Decimal(0))
            if total != expected:
                yield _gap(f"Les {what} {label}", total, expected)
    for label, rows, column in (("par mois", chiffres["mois"], 1), ("par clause", chiffres["clauses"], 3)):
        total = sum((Decimal(row[column]) for row in rows), Decimal(0))
        if total != accepted:
            yield _gap(f"Les heures {label}", total, accepted)


def _gap(what: str, total: Decimal, expected: Decimal) -> Verdict:
    return Verdict.blocage(
        f"{what} font {heures(total)}, pour {heures(expected)} au total.",
        remede="Ne signez pas ce bilan et signalez-le à l'administration du portail.",
    )


def _personnes(chiffres) -> Iterator[Verdict]:
    """No class holds more people than there are in all, and together they hold them all."""
    people = chiffres["nombres"]["personnes"]
    for name, rows in chiffres["tables"].items():
        counts = [row[3] for row in rows]
        if any(count > people for count in counts):
            yield Verdict.blocage(
                f"Par {LIBELLES.get(name, name)}, une catégorie compte plus de personnes que l'ensemble "
                f"({nombre(max(counts))} pour {nombre(people)}).",
                remede="Ne signez pas ce bilan et signalez-le à l'administration du portail.",
            )  # fmt: skip
        elif sum(counts) < people:
            yield Verdict.blocage(
                f"Par {LIBELLES.get(name, name)}, les catégories comptent {nombre(sum(counts))} personnes, "
                f"l'ensemble {nombre(people)}.",
                remede="Ne signez pas ce bilan et signalez-le à l'administration du portail.",
            )  # fmt: skip


def _sorties(chiffres, reponse: Decimal) -> Iterator[Verdict]:
    """Points are about people who left, hirings too; a rate on few answers is fragile."""
    exits = chiffres["sorties"]
    left = exits["personnes"]
    for key, who in (("chez_acheteur", "l'acheteur"), ("chez_titulaire", "le titulaire")):
        if exits[key] > left:
            yield Verdict.blocage(
                f"{nombre(exits[key])} embauches par {who} pour {pluriel(left, 'sortie,sorties')}.",
                remede="Vérifiez les points de suivi de ces personnes.",
            )
    due = dict(exits.get("attendus", []))
    for terme, rows in groupby(exits["points"], key=lambda row: row[0]):
        followed = sum(row[2] for row in rows)
        when = f"à {terme} mois" if terme else "le jour de la sortie"
        if followed > left:
            yield Verdict.blocage(
                f"{pluriel(followed, 'situation notée,situations notées')} {when} pour "
                f"{pluriel(left, 'sortie,sorties')}.",
                remede="Vérifiez les points de suivi de ces personnes.",
            )  # fmt: skip
            continue
        share = part(followed, due.get(terme, 0))
        if terme and share is not None and share < reponse:
            yield Verdict.avertissement(
                f"Le taux {when} porte sur {nombre(followed)} des {nombre(due[terme])} personnes qu'il concerne "
                f"({pourcent(share)}).",
                remede="Complétez les points de suivi, ou dites ce nombre avec le taux.",
            )  # fmt: skip
    told = {row[0] for row in exits["points"]}
    silent = sorted(terme for terme, count in due.items() if count and terme not in told)
    if silent:
        months = [str(terme) for terme in silent]
        several = f"{', '.join(months[:-1])} et {months[-1]}" if len(months) > 1 else months[0]
        yield Verdict.avertissement(
            f"Aucun point de suivi n'est noté à {several} mois.",
            remede="Notez les points de suivi avant d'annoncer un taux de sorties durables.",
        )


def _heures(chiffres) -> Iterator[Verdict]:
    """Training is a part of what was accepted, and what is accepted was declared."""
    hours = {name: Decimal(value) for name, value in chiffres["heures"].items()}
    if hours["formation"] > hours["acceptees"] and hours["acceptees"] >= 0:
        yield Verdict.blocage(
            f"{heures(hours['formation'])} de formation pour {heures(hours['acceptees'])} acceptées.",
            remede="Ne signez pas ce bilan et signalez-le à l'administration du portail.",
        )
    if chiffres.get("closes"):
        return  # what was accepted since counts elsewhere
    pending = hours["declarees"] - (hours["acceptees"] - hours["corrections"])
    if pending > 0:
        yield Verdict.information(
            f"{heures(pending)} sont déclarées et pas encore acceptées\u00a0: elles ne comptent pas dans ce bilan."
        )
