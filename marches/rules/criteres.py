"""How offers are chosen between: price alone, cost alone, several criteria; and the environment among them."""

from datetime import date

from marches.enums import CriteresAttribution, NatureContrat, TypeMarche
from marches.parametres import dire
from portal.verdict import Verdict

# Contracts under L. 2152-7; concessions, defence and private contracts have rules of their own, or none.
SOUMIS = frozenset({NatureContrat.MARCHE, NatureContrat.PARTENARIAT})


def prix_seul(
    criteres: CriteresAttribution | str, standardise: bool | None, type: TypeMarche, nature: NatureContrat, on: date
) -> Verdict:
    """Whether a contract launched on `on` may be awarded on its price alone.

    Until 20/08/2026: only where its sole object is standardised services or supplies, whose quality cannot vary from
    one bidder to another (`standardise`, None: nobody said), never works. Since 21/08/2026: never. Sources: Code de la
    commande publique, L. 2152-7 and R. 2152-7; loi 2021-1104, art. 35.
    """
    if criteres != CriteresAttribution.PRIX or nature not in SOUMIS:
        return Verdict.ok()
    barred = dire(
        "prix_seul_interdit", on, "Le prix ne peut plus être le seul critère d'attribution.",
        remede="Retenez le coût selon une approche globale, ou plusieurs critères, dont un sur l'environnement\u00a0; "
        "un critère social reste possible.",
    )  # fmt: skip
    if barred.regle:
        return barred
    if type == TypeMarche.TRAVAUX:
        return dire(
            "prix_seul", on, "Des travaux ne s'attribuent pas sur le prix seul.",
            remede="Retenez le coût selon une approche globale, ou plusieurs critères.",
        )  # fmt: skip
    if standardise:
        return Verdict.ok()
    if standardise is None:
        said = (
            "Le prix seul ne vaut que pour des achats standardisés, dont la qualité ne peut pas varier\u00a0: à dire."
        )
    else:
        said = "Le prix seul ne vaut que pour des achats standardisés, dont la qualité ne peut pas varier."
    return dire(
        "prix_seul", on, said,
        remede="Si l'achat est standardisé, dites-le dans la fiche\u00a0; sinon, ajoutez d'autres critères.",
    )  # fmt: skip


def critere_environnemental(
    criteres: CriteresAttribution | str, environnement: bool | None, nature: NatureContrat, on: date
) -> Verdict:
    """Since 21/08/2026, a criterion at least, or the cost when it is the only one, takes the environment into account.

    `environnement` None: nobody said. Sources: L. 2152-7 and R. 2152-7; loi 2021-1104, art. 35.
    """
    if not criteres or criteres == CriteresAttribution.PRIX or nature not in SOUMIS or environnement:
        return Verdict.ok()
    alone = criteres == CriteresAttribution.COUT
    if environnement is None:
        return dire(
            "environnement_inconnu", on,
            "Le coût, seul critère, doit tenir compte de l'environnement\u00a0: à dire."
            if alone else "Un critère au moins doit porter sur l'environnement\u00a0: à dire.",
            remede="Complétez les critères d'attribution dans la fiche du marché.",
        )  # fmt: skip
    return dire(
        "environnement_absent", on,
        "Le coût, seul critère, ne tient pas compte de l'environnement."
        if alone else "Aucun critère d'attribution ne porte sur l'environnement.",
        remede="Calculez le coût sur tout le cycle de vie."
        if alone else "Ajoutez un critère sur les caractéristiques environnementales, lié à l'objet du marché.",
    )  # fmt: skip


def criteres_dits(criteres: CriteresAttribution | str, nature: NatureContrat, on: date) -> Verdict:
    """Since price alone is barred, a contract is asked on what it is awarded. Source: R. 2152-7."""
    if criteres or nature not in SOUMIS:
        return Verdict.ok()
    return dire(
        "criteres_inconnus", on, "Critères d'attribution non indiqués\u00a0: le prix seul n'est plus possible.",
        remede="Dites comment les offres seront départagées.",
    )  # fmt: skip
