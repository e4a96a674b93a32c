"""What purchases from adapted companies and ESAT take off the OETH contribution (obligation d'emploi des travailleurs
handicapés). Pure functions, in euros before VAT; dated values in `marches/data/oeth.csv`."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path

from portal.parametres import Parametres
from portal.verdict import Verdict
from structures.enums import Kind

_TABLES = Parametres(Path(__file__).resolve().parent.parent / "data")
CENT = Decimal("0.01")
WIDE = Context(prec=50, rounding=ROUND_HALF_UP)
PREMIERE_ANNEE = 2020  # décret 2019-523: units (« unités bénéficiaires ») before
SOURCE = "Code du travail, L. 5212-10-1 et D. 5212-22"
SOURCE_ATTESTATION = "Code du travail, D. 5212-7\u00a0; arrêté du 19 novembre 2020"
ATTESTATION_AVANT = (1, 31)  # month and day, the year after: Code du travail, D. 5212-7
SUIVIS = (Kind.EA, Kind.EATT, Kind.ESAT)


@dataclass(frozen=True)
class Regles:
    """The values of one year: shares from 0 to 1."""

    part: Decimal
    plafond_sous_seuil: Decimal
    plafond_au_seuil: Decimal
    seuil: Decimal


def regles(annee: int) -> Regles | None:
    """The values that hold at the end of this year; None before 2020, when purchases were counted in units.

    Source: Code du travail, D. 5212-22, in `marches/data/oeth.csv`.
    """
    if annee < PREMIERE_ANNEE:
        return None
    on = date(annee, 12, 31)
    found = (
        _TABLES.required("oeth", on, code).valeur
        for code in ("part_deductible", "plafond_sous_seuil", "plafond_au_seuil", "seuil_taux_emploi")
    )
    return Regles(*found)


def eligibilite(kind: str) -> Verdict:
    """Whether purchases from a structure of this kind give a deduction.

    Source: Code du travail, L. 5212-10-1: adapted companies, ESAT (and self-employed disabled people, not held here).
    EATT lend staff, whom L. 5212-7 counts among the workers of the user company: not in the deduction, to be checked.
    """
    if kind in {Kind.EA, Kind.ESAT}:
        return Verdict.ok("Ouvre droit à déduction, sur attestation du fournisseur.", source=SOURCE)
    if kind == Kind.EATT:
        return Verdict.information(
            "À vérifier\u00a0: les intérimaires handicapés comptent en principe dans votre effectif, non en déduction.",
            source="Code du travail, L. 5212-7",
            remede="Demandez à l'agence quelle attestation elle délivre.",
        )
    return Verdict.blocage("Ce type de structure n'ouvre pas droit à déduction au titre de l'OETH.", source=SOURCE)


def montant_deductible(cout_main_oeuvre: Decimal | None, valeurs: Regles) -> Decimal | None:
    """The share of the attested cost of labour that may be declared, before the ceiling; None while it is unknown.

    The cost of labour is the price before VAT less materials, subcontracting, intermediate consumption and selling
    costs: 10 000 € of price, 4 000 € of these → 6 000 € × 30 % = 1 800 €. ValueError below 0.
    Source: Code du travail, D. 5212-22.
    """
    if cout_main_oeuvre is None:
        return None
    if cout_main_oeuvre < 0:
        raise ValueError("A cost of labour is 0 or more.")
    return (cout_main_oeuvre * valeurs.part).quantize(CENT, context=WIDE)


def plafond(contribution: Decimal, taux_emploi: Decimal, valeurs: Regles) -> Decimal:
    """The most that these purchases may take off a contribution, given the employment rate (0 to 1).

    `contribution` is the one due before any deduction. 100 000 € → 50 000 € at 2.99 %, 75 000 € at 3 %.
    ValueError for a contribution below 0 or a rate out of bounds. Source: Code du travail, D. 5212-22.
    """
    if contribution < 0 or not 0 <= taux_emploi <= 1:
        raise ValueError("A contribution is 0 or more, an employment rate from 0 to 1.")
    share = valeurs.plafond_sous_seuil if taux_emploi < valeurs.seuil else valeurs.plafond_au_seuil
    return (contribution * share).quantize(CENT, context=WIDE)


def coherence(cout_main_oeuvre: Decimal | None, prix_ht: Decimal) -> Verdict:
    """Whether an attested cost of labour fits the price paid: it is what is left of it, so never more.

    Source: Code du travail, D. 5212-7 and D. 5212-22.
    """
    if cout_main_oeuvre is None:
        return Verdict.information("Coût de main-d'œuvre non connu\u00a0: seul le fournisseur peut l'attester.")
    if cout_main_oeuvre > max(prix_ht, Decimal(0)):
        return Verdict.avertissement(
            "Le coût de main-d'œuvre dépasse le prix HT de vos lignes\u00a0: vérifiez l'attestation, ou les lignes qui "
            "manquent.",
            source=SOURCE_ATTESTATION,
        )
    return Verdict.ok()
