"""What one person does in several places: declared twice in a month, lent to private employers. Pure functions."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clauses.rules.calcul import Number
from marches.rules import add_months
from portal.templatetags.formats import heures as h
from portal.templatetags.formats import jour
from portal.verdict import Verdict

PRET = "Code du travail, L. 5132-9 et L. 2211-1"
DOUBLE = "Une heure ne compte qu'une fois (guides des facilitateurs, C.4)"


@dataclass(frozen=True)
class AutreLigne:
    """Another line of the same person in the same month, sent or accepted."""

    employeur: str
    heures: Decimal
    meme_clause: bool = False
    meme_employeur: bool = False
    meme_declarant: bool = False


def declaree_ailleurs(heures: Decimal, autres: Collection[AutreLigne]) -> Verdict:
    """Whether these hours look declared twice. Source: guides of facilitators, C.4 (no hour counts twice).

    A second employer on the same clause, or the very same hours of one employer told by two declarers, ask for a look;
    two contracts of one person that differ are possible, and said.
    """
    for autre in autres:
        if autre.meme_clause and not autre.meme_employeur:
            return Verdict.avertissement(
                f"Cette personne est aussi déclarée ce mois-ci sur cette clause par «\u00a0{autre.employeur}\u00a0», "
                f"pour {h(autre.heures)}.",
                source=DOUBLE,
                remede="Vérifiez qu'il ne s'agit pas des mêmes heures\u00a0; si c'est le cas, refusez une des lignes.",
            )
        if autre.meme_employeur and not autre.meme_declarant and autre.heures == heures:
            return Verdict.avertissement(
                f"Les mêmes {h(heures)} chez «\u00a0{autre.employeur}\u00a0» sont déclarées ce mois-ci par une autre "
                "organisation.",
                source=DOUBLE,
                remede="Demandez aux deux déclarants pour lequel la personne a travaillé.",
            )
    if autres:
        total = sum((autre.heures for autre in autres), heures)
        return Verdict.information(
            f"La personne a d'autres heures ce mois-ci\u00a0: {h(total)} en tout.", source=DOUBLE
        )
    return Verdict.ok()


def compteur_prets(prets: Iterable[tuple[date, Decimal]], mois: date, *, duree: int = 24) -> Decimal:
    """Hours lent to private employers up to `mois`, in its period of `duree` months.

    A period begins with the first lending, and the next one with the first lending after its end.
    Source: Code du travail, L. 5132-9 (480 h over 24 months from the first lending).
    """
    start, total = None, Decimal(0)
    for day, hours in sorted(prets):
        if day > mois:
            break
        if start is None or day >= add_months(start, duree):
            start, total = day, Decimal(0)
        total += hours
    return total


def pret_ai(
    prives: Decimal,
    inconnues: Decimal,
    *,
    dernier_jour: date,
    derogation: date | None = None,
    plafond: Number = 480,
    alerte: Number = 400,
    duree: int = 24,
) -> Verdict:
    """Whether an AI may still lend this person to private employers; 480 h exactly are allowed.

    `prives`: hours of the period, this line included; `inconnues`: those lent nobody said to whom; `derogation`: last
    day of the prefect's. Source: Code du travail, L. 5132-9; the cap is for employers of L. 2211-1 alone, not for
    private persons nor local authorities.
    """
    plafond, alerte = Decimal(plafond), Decimal(alerte)
    if prives > plafond:
        if derogation is not None and derogation >= dernier_jour:
            return Verdict.information(
                f"{h(prives)} prêtées à des employeurs privés, par dérogation du préfet jusqu'au {jour(derogation)}.",
                source=PRET,
            )
        ended = f" La dérogation du préfet a pris fin le {jour(derogation)}." if derogation else ""
        return Verdict.blocage(
            f"{h(prives)} prêtées à des employeurs privés en {duree} mois\u00a0: une association intermédiaire ne peut "
            f"en prêter plus de {h(plafond)}.{ended}",
            source=PRET,
            remede="Notez sur l'affectation la dérogation du préfet ou l'employeur public, ou refusez la ligne.",
        )
    possible = prives + inconnues
    if possible >= alerte:
        unsaid = f", dont {h(inconnues)} chez un utilisateur non précisé" if inconnues else ""
        return Verdict.avertissement(
            f"{h(possible)} prêtées en {duree} mois{unsaid}\u00a0: le plafond est de {h(plafond)} chez des employeurs "
            "privés.",
            source=PRET,
            remede="Dites sur l'affectation si l'utilisateur est privé, et préparez la suite avec l'association.",
        )
    if inconnues:
        return Verdict.information(
            "L'affectation ne dit pas si l'utilisateur est privé\u00a0: le compteur de 480\u00a0h en dépend.",
            source=PRET,
        )
    return Verdict.ok()
