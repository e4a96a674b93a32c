"""A contract in time and under way: length, renewals, subcontracting, publication; and the buyer's own scheme."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from marches.enums import GenreAcheteur, NatureContrat, TypeMarche
from marches.parametres import dire, seuil
from marches.rules.candidats import Besoin, Candidat, type_admis
from marches.rules.dates import add_months
from marches.rules.reservations import PAR_TYPE
from portal.templatetags.formats import euros, montant_ht, pluriel
from portal.verdict import Verdict


def duree_totale(duree_mois: int | None, reconductions: int = 0, reconduction_mois: int | None = None) -> int | None:
    """Months with every renewal; None when unknown. 12 months renewed 3 times → 48. Source: R. 2112-4."""
    if not duree_mois:
        return None
    return duree_mois + reconductions * (reconduction_mois or duree_mois)


def duree_accord_cadre(
    accord_cadre: bool, duree_mois: int | None, justification: str, genre: GenreAcheteur, nature: NatureContrat,
    on: date,
) -> Verdict:  # fmt: skip
    """Whether a framework agreement, renewals included, is no longer than the law allows without a reason.

    48 months; 96 for « entités adjudicatrices » (L. 2125-1, 1°); 84 for defence or security (L. 2325-1).
    """
    if not accord_cadre or duree_mois is None or nature not in {NatureContrat.MARCHE, NatureContrat.DEFENSE}:
        return Verdict.ok()
    code, article = "accord_cadre_mois", "L. 2125-1, 1°"
    if nature == NatureContrat.DEFENSE:
        code, article = "accord_cadre_mois_defense", "L. 2325-1"
    elif genre == GenreAcheteur.RESEAUX:
        code = "accord_cadre_mois_reseaux"
    longest = seuil(code, on)
    if duree_mois <= longest:
        return Verdict.ok()
    source = f"Code de la commande publique, {article}"
    said = f"Accord-cadre de {duree_mois} mois, reconductions comprises, pour {longest:.0f} mois d'ordinaire"
    if justification.strip():
        return dire("duree_justifiee", on, f"{said}\u00a0; une justification est notée.", source=source)
    return dire(
        "duree_accord_cadre", on, f"{said}.", source=source,
        remede="Raccourcissez-le, ou écrivez ce qui le justifie (objet, amortissement des investissements).",
    )  # fmt: skip


def reconduction_tacite(reconductions: int, tacite: bool, on: date) -> Verdict:
    """Renewal is tacit unless stated otherwise, and the holder cannot refuse. Source: R. 2112-4."""
    if not reconductions or not tacite:
        return Verdict.ok()
    return dire(
        "reconduction_tacite", on,
        f"{pluriel(reconductions, 'reconduction tacite,reconductions tacites')}\u00a0: sauf clause contraire, le "
        "titulaire ne peut pas refuser.",
        remede="Notez la date de décision\u00a0: sans un mot de l'acheteur, le marché continue.",
    )  # fmt: skip


def sous_traitant_du_reserve(sous_traitant: Candidat, besoin: Besoin, on: date) -> Verdict:
    """A subcontractor outside the reservation, on a reserved lot.

    Not forbidden by the letter of the Code; the sheet of the Direction des affaires juridiques of 23/09/2011 wants the
    same kinds of structures in subcontracting.
    """
    if not besoin.est_reserve or besoin.reservation not in PAR_TYPE:
        return Verdict.ok()
    if type_admis(sous_traitant, besoin, on).regle not in {"reserve_type", "reserve_regie"}:
        return Verdict.ok()
    return dire(
        "sous_traitant_reserve", on,
        f"{sous_traitant.appellation} n'est pas visé par la réservation\u00a0: la doctrine l'écarte, la lettre du "
        "code non.",
        remede="Vérifiez que l'essentiel du travail reste fait par le public visé, et gardez-en la preuve.",
    )  # fmt: skip


def sous_traitance_permise(type: TypeMarche, on: date) -> Verdict:
    """Pure supplies cannot be subcontracted. Source: L. 2193-1."""
    if type != TypeMarche.FOURNITURES:
        return Verdict.ok()
    return dire(
        "sous_traitance_fournitures", on, "De pures fournitures ne se sous-traitent pas.",
        remede="Si le marché comprend pose ou installation, dites-le\u00a0; sinon c'est un fournisseur du titulaire.",
    )  # fmt: skip


def sous_traitance_partielle(parts: Iterable[Decimal | None], montant_lot: Decimal | None, on: date) -> Verdict:
    """What is subcontracted is part of a lot, never the whole of it.

    `parts`: the amount of each accepted or declared subcontract, None when unknown; euros before VAT. Source: L. 2193-2
    (« l'exécution d'une partie des prestations »).
    """
    total = sum((part for part in parts if part is not None), Decimal(0))
    if montant_lot is None or montant_lot <= 1 or total < montant_lot:
        return Verdict.ok()
    return dire(
        "sous_traitance_totale", on,
        f"Les parts sous-traitées font {montant_ht(total)}, pour un lot de {montant_ht(montant_lot)}.",
        remede="Vérifiez ces montants\u00a0: une partie des prestations peut être sous-traitée, pas le lot entier.",
    )  # fmt: skip


def paiement_direct(
    montant_ht: Decimal | None, demande: bool | None, nature: NatureContrat, type: TypeMarche,
    montant_marche: Decimal | None, on: date,
) -> Verdict:  # fmt: skip
    """Whether the buyer pays a subcontractor directly: from 600 € VAT included.

    `montant_ht`: of the subcontract, in euros before VAT, compared with VAT at the ordinary rate. Defence services:
    10 % of the contract instead. `demande` False: the act says that there is none. Source: R. 2193-10.
    """
    if montant_ht is None or nature in {NatureContrat.PRIVE, NatureContrat.CONCESSION}:
        return Verdict.ok()
    if nature == NatureContrat.DEFENSE and type == TypeMarche.SERVICES:
        share = seuil("paiement_direct_defense", on)
        if montant_marche is None or montant_ht < montant_marche * share:
            return Verdict.ok()
        said = f"Le sous-traité atteint {share * 100:.0f}\u00a0% du marché\u00a0: paiement direct par l'acheteur."
    else:
        limite = seuil("paiement_direct", on)
        if montant_ht * (1 + seuil("taux_tva", on)) < limite:
            return Verdict.ok()
        said = f"À partir de {euros(limite)} TTC, l'acheteur paie directement le sous-traitant."
        if montant_ht < limite:
            said += " Le montant HT est tout proche\u00a0: comptez la TVA."
    if demande is False:
        return dire(
            "paiement_direct_absent", on, f"{said} L'acte n'en prévoit pas.",
            remede="Modifiez l'acte\u00a0: le sous-traitant accepté y a droit.",
        )  # fmt: skip
    return dire("paiement_direct", on, said)


def publication_des_donnees(
    notifie_le: date | None, publie_le: date | None, montant: Decimal | None, nature: NatureContrat, today: date
) -> Verdict:
    """Whether the essential data were published within two months of the notification, from 40 000 €.

    Judged by the day of notification, not of launch. Contracts from 25 000 € passed under R. 2122-8: same duty, or a
    yearly list. Source: R. 2196-1 (in this form since 01/01/2024).
    """
    if notifie_le is None or montant is None or nature not in _PUBLIES:
        return Verdict.ok()
    if montant < seuil("publication_donnees", notifie_le):
        if montant < seuil("publication_donnees_bas", notifie_le) or publie_le:
            return Verdict.ok()
        return dire(
            "publication_liste", notifie_le,
            "Entre 25\u00a0000 et 40\u00a0000\u00a0€\u00a0HT\u00a0: données essentielles, ou liste annuelle des "
            "marchés.",
        )  # fmt: skip
    last = add_months(notifie_le, int(seuil("publication_mois", notifie_le)))
    if publie_le is None:
        if today <= last:
            return Verdict.ok()
        return dire(
            "publication_absente", notifie_le,
            f"Données essentielles attendues au plus tard le {last:%d/%m/%Y}\u00a0: aucune publication connue.",
            remede="Publiez-les sur data.gouv.fr par votre profil d'acheteur.",
        )  # fmt: skip
    if publie_le <= last:
        return Verdict.ok()
    return dire(
        "publication_tardive", notifie_le,
        f"Données essentielles publiées le {publie_le:%d/%m/%Y}, pour le {last:%d/%m/%Y} au plus tard.",
    )  # fmt: skip


def spaser(achats_annuels: Decimal | None, adresse: str, genre: GenreAcheteur, on: date) -> Verdict:
    """Whether a buyer above the yearly amount has published its scheme of responsible purchasing.

    Strictly above 100 M€ until 31/12/2022, 50 M€ since; before 25/10/2023 for local authorities and buyers whose
    status is set by law only. Sources: L. 2111-3, D. 2111-3.
    """
    limite = seuil("spaser", on)
    if achats_annuels is None or achats_annuels <= limite or adresse or genre == GenreAcheteur.PRIVE:
        return Verdict.ok()
    return dire(
        "spaser", on,
        f"Plus de {montant_ht(limite)} d'achats par an\u00a0: un SPASER est obligatoire, aucun n'est indiqué.",
        remede="Adoptez-le, publiez-le en ligne, et donnez son adresse sur la fiche de l'acheteur.",
    )  # fmt: skip


_PUBLIES = frozenset({NatureContrat.MARCHE, NatureContrat.PARTENARIAT})
