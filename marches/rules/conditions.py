"""The social condition that large contracts have to hold since 22/08/2026, and the grounds for doing without."""

from datetime import date

from marches.enums import GenreAcheteur, MotifDispense, NatureContrat, TypeMarche
from marches.parametres import dire, regle, seuil
from marches.rules.seuils import Valeur, seuil_europeen
from portal.templatetags.formats import euros, montant_ht
from portal.verdict import Verdict

CONCESSION = frozenset({MotifDispense.LIEN, MotifDispense.CONCURRENCE})  # L. 3114-2-1
ARTICLES = {NatureContrat.CONCESSION: "L. 3114-2-1"}  # else L. 2112-2-1
# Natures under the obligation; defence and security contracts are not (L. 2312-1), private ones are outside the Code.
SOUMIS = frozenset({NatureContrat.MARCHE, NatureContrat.PARTENARIAT, NatureContrat.CONCESSION})


def condition_sociale(
    clause: bool, motif: MotifDispense | str, valeur: Valeur, type: TypeMarche, genre: GenreAcheteur,
    nature: NatureContrat, services_sociaux: bool, on: date,
) -> Verdict:  # fmt: skip
    """Whether a contract launched on `on` holds the social condition that its value calls for.

    `clause`: it has a performance condition on social matters or employment (an award criterion or a reservation is
    not one). `motif`: the ground of exemption chosen, empty without. Sources: L. 2112-2-1 (contracts), L. 3114-2-1
    (concessions), loi 2021-1104, art. 35: from 22/08/2026, at or above the European threshold; L. 2112-2 before.
    """
    if nature not in SOUMIS or clause:
        return Verdict.ok()
    article = f"Code de la commande publique, {ARTICLES.get(nature, 'L. 2112-2-1')}"
    if regle("condition_absente", on) is None:
        return dire(
            "condition_facultative", on, "La condition sociale est facultative pour une consultation de cette date.",
            remede="Une clause d'insertion ou un lot réservé restent possibles.",
        )  # fmt: skip
    limite = seuil_europeen(type, genre, on, nature, services_sociaux)
    reached = valeur.atteint(limite.valeur) if limite else None
    if reached is None:
        return dire(
            "condition_inconnue", on,
            "Condition sociale\u00a0: obligatoire à partir du seuil européen, à comparer à la "
            "valeur estimée.", source=article,
            remede="Complétez la valeur estimée, le type du marché et le genre de l'acheteur.",
        )  # fmt: skip
    assert limite is not None
    if not reached:
        return dire(
            "condition_sous_seuil", on,
            f"Sous le seuil européen de {montant_ht(limite.valeur)}, la condition sociale est facultative.",
            source=article,
        )  # fmt: skip
    if motif:
        return dire(
            "dispense_retenue", on, f"Dispense de condition sociale\u00a0: {MotifDispense(motif).label.lower()}.",
            source=article, remede="Gardez la justification avec les pièces de la procédure (L. 2184-1).",
        )  # fmt: skip
    if valeur.approchee:
        return dire(
            "condition_approchee", on,
            f"Aucune condition sociale publiée, pour {valeur.en_mots}\u00a0: le seuil européen est de "
            f"{montant_ht(limite.valeur)}.",
            source=article, remede="Vérifiez le cahier des charges, ou la dispense gardée par l'acheteur.",
        )  # fmt: skip
    return dire(
        "condition_absente", on,
        f"Condition sociale obligatoire\u00a0: {valeur.en_mots} atteint le seuil européen de {euros(limite.valeur)} "
        "HT.",
        source=article, remede="Prévoyez une clause sociale sur un lot au moins, ou justifiez une dispense.",
    )  # fmt: skip


def dispense_admise(
    motif: MotifDispense | str, texte: str, type: TypeMarche, duree_mois: int | None, nature: NatureContrat, on: date
) -> Verdict:
    """Whether a ground of exemption may be used for this contract, and is written out.

    Sources: L. 2112-2-1 (four grounds; the fourth only for works shorter than six months), L. 3114-2-1 (concessions:
    no sufficient link, or competition and difficulty), L. 2184-1 (reasons kept in the file of the procedure).
    """
    if not motif or nature not in SOUMIS:
        return Verdict.ok()
    if nature == NatureContrat.CONCESSION and motif not in CONCESSION:
        return dire(
            "dispense_concession", on, "Ce motif de dispense n'existe pas pour une concession.",
            remede="Deux motifs existent\u00a0: aucun lien suffisant avec l'objet, ou concurrence et difficulté.",
        )  # fmt: skip
    if motif == MotifDispense.TRAVAUX_COURTS:
        shortest = seuil("travaux_courts_mois", on)
        if type not in {TypeMarche.TRAVAUX, TypeMarche.INCONNU}:
            return dire(
                "dispense_travaux", on, "Ce motif de dispense ne vaut que pour des travaux.",
                remede="Choisissez un autre motif, ou prévoyez une clause sociale.",
            )  # fmt: skip
        if duree_mois is not None and duree_mois >= shortest:
            return dire(
                "dispense_travaux", on,
                f"Ce motif vaut pour des travaux de moins de {shortest:.0f} mois\u00a0: ce marché en dure "
                f"{duree_mois}.",
                remede="Choisissez un autre motif, ou prévoyez une clause sociale.",
            )  # fmt: skip
    if not texte.strip():
        return dire(
            "dispense_texte", on, "La dispense de condition sociale n'est pas justifiée par écrit.",
            remede="Écrivez les raisons\u00a0: la loi demande de les garder avec les pièces de la procédure.",
        )  # fmt: skip
    return Verdict.ok()
