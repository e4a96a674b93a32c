"""Whether the figures of a year agree with each other before they are sent to the national consolidation.

Pure functions; hours are Decimal, counts int. Source: indicators of the networks (reference guides, D).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from clauses.rules.calcul import moyenne
from portal.templatetags.formats import heures, nombre
from portal.verdict import Verdict

LEGAL_YEAR = 1607  # hours of a full-time year (Code du travail, L. 3121-41)
SOURCE = "Indicateurs des consolidations nationales"


def coherence_annee(valeurs: Mapping[str, Decimal], tables: Mapping[str, Sequence[tuple]]) -> list[Verdict]:
    """What does not agree, the most serious first; [] when everything does.

    `valeurs`: by code of indicator. `tables`: by class, rows (label, hours, training hours, people).
    """
    found = []
    accepted, people, contracts = valeurs["heures_acceptees"], valeurs["personnes"], valeurs["contrats"]
    for name, rows in tables.items():
        total = sum((row[1] for row in rows), Decimal(0))
        if rows and total != accepted:
            found.append(
                Verdict.blocage(
                    f"La ventilation «\u00a0{name}\u00a0» compte {heures(total)} pour {heures(accepted)} réalisées.",
                    remede="Signalez cet écart à l'administration du portail\u00a0: un total faux ne se transmet pas.",
                    source=SOURCE,
                )
            )
    if accepted > valeurs["heures_declarees"] + max(valeurs.get("corrections", Decimal(0)), Decimal(0)):
        found.append(
            Verdict.avertissement(
                f"{heures(accepted)} réalisées pour {heures(valeurs['heures_declarees'])} déclarées.",
                remede="Vérifiez les corrections d'années closes, comptées dans cette année.",
                source=SOURCE,
            )
        )
    if contracts < people:
        found.append(
            Verdict.blocage(
                f"{nombre(contracts)} contrats pour {nombre(people)} participants\u00a0: chacun a un contrat au moins.",
                remede="Vérifiez les personnes effacées et les affectations de l'année.",
                source=SOURCE,
            )
        )
    mean = moyenne(accepted, int(people)) if people else None
    if mean is not None and mean > LEGAL_YEAR:
        found.append(
            Verdict.avertissement(
                f"{nombre(mean, 1)} heures en moyenne par participant dépassent une année à temps plein "
                f"({nombre(LEGAL_YEAR)}\u00a0h).",
                remede="Cherchez des personnes effacées, ou des heures portées sur une seule personne.",
                source="Code du travail, L. 3121-41",
            )
        )
    if accepted and not people:
        found.append(Verdict.information("Des heures sont réalisées par des personnes effacées depuis."))
    for name, rows in tables.items():
        unknown = sum(row[3] for row in rows if row[0] == "Non renseigné")
        if people and unknown * 5 > people:
            found.append(
                Verdict.information(
                    f"«\u00a0{name}\u00a0» manque pour {nombre(unknown)} participants sur {nombre(people)}.",
                    remede="Complétez les fiches des participants avant de transmettre.",
                )
            )
    return sorted(found, key=lambda verdict: -verdict.level.rank)
