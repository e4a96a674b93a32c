"""What the employer's kind and the contract change to the hours that count. Pure functions."""

from collections.abc import Collection
from datetime import date

from clauses.enums import Modalite, TypeContrat
from marches.rules import add_months
from portal.templatetags.formats import jour
from portal.verdict import Verdict
from structures.enums import Kind

CASF = "Code de l'action sociale et des familles, L. 344-2"
USAGE = "Règle d'usage des facilitateurs, à fixer par convention (C.3)"
# People of these kinds stay long: no term of 24 months, and the structure itself makes them eligible.
HANDICAP = frozenset({Kind.EA, Kind.EATT, Kind.ESAT})
ALTERNANCE = frozenset({TypeContrat.APPRENTISSAGE, TypeContrat.PROFESSIONNALISATION})


def usager_esat(contrat: str, modalite: str, kinds: Collection[str]) -> Verdict:
    """Users of an ESAT have no wage contract, and only an ESAT has users. Source: CASF, L. 344-2."""
    if contrat == TypeContrat.USAGER_ESAT and Kind.ESAT not in kinds:
        return Verdict.blocage(
            "Seul un ESAT accueille des usagers sans contrat de travail.", source=CASF,
            remede="Corrigez l'employeur ou le contrat de cette affectation.",
        )  # fmt: skip
    if contrat == TypeContrat.USAGER_ESAT and modalite == Modalite.EMBAUCHE:
        return Verdict.blocage(
            "Un usager d'ESAT n'est pas embauché\u00a0: il n'a pas de contrat de travail.", source=CASF,
            remede="Choisissez sur l'affectation la mise à disposition, la sous-traitance ou la réalisation directe.",
        )  # fmt: skip
    if set(kinds) == {Kind.ESAT} and contrat != TypeContrat.USAGER_ESAT:
        return Verdict.avertissement(
            "Les personnes accueillies par un ESAT sont des usagers\u00a0: un salarié encadrant ne compte pas.",
            source=CASF,
            remede="Vérifiez qui a fait ces heures, ou choisissez «\u00a0Usager d'ESAT\u00a0» sur l'affectation.",
        )  # fmt: skip
    return Verdict.ok()


def travail_independant(kinds: Collection[str]) -> Verdict:
    """Workers of an EITI are independent: they have no hours of employment.

    Source: loi 2018-771, art. 83; usual rule of facilitators, C.4 (not counted by default).
    """
    if set(kinds) == {Kind.EITI}:
        return Verdict.avertissement(
            "Cette entreprise d'insertion par le travail indépendant n'emploie pas\u00a0: ses heures ne comptent pas, "
            "sauf accord écrit de l'acheteur.",
            source="Loi 2018-771, art. 83\u00a0; règle d'usage (C.4)",
            remede="Refusez la ligne, ou vérifiez l'accord de l'acheteur.",
        )  # fmt: skip
    return Verdict.ok()


def cdi_limite(contrat: str, debut: date, mois: date, kinds: Collection[str], *, duree: int = 24) -> Verdict:
    """Hours done after hiring on a CDI count for `duree` months; no term in an inclusive structure.

    Source: usual rule of facilitators, a parameter of conventions (C.3).
    """
    end = add_months(debut, duree)
    if contrat != TypeContrat.CDI or kinds or mois < end:
        return Verdict.ok()
    return Verdict.avertissement(
        f"CDI signé le {jour(debut)}\u00a0: ses heures comptent {duree} mois, jusqu'au {jour(end)} exclu.",
        source=USAGE,
        remede="Refusez la ligne, ou vérifiez ce que prévoit la convention.",
    )


def alternance(contrat: str, fin: date | None) -> Verdict:
    """Hours of an apprentice or trainee count for the whole contract: its last day has to be known.

    Source: usual rule of facilitators (C.3); Code du travail, L. 6221-1 and L. 6325-1.
    """
    if contrat in ALTERNANCE and fin is None:
        return Verdict.avertissement(
            "Contrat en alternance sans date de fin\u00a0: les heures comptent jusqu'à son terme.",
            source="Code du travail, L. 6221-1 et L. 6325-1\u00a0; règle d'usage (C.3)",
            remede="Écrivez la fin du contrat sur l'affectation.",
        )
    return Verdict.ok()
