"""Who follows social clauses in a place, and what to say when nobody, or several bodies, claim to be the only door."""

from collections.abc import Sequence

from portal.verdict import Verdict

SOURCE = "Organisation locale\u00a0: aucun texte ne désigne le guichet unique d'un territoire"


def guichet_unique(entiers: Sequence[str], partiels: Sequence[str], lieu: str) -> Verdict:
    """What to think of the bodies that call themselves the single desk (« guichet unique ») of the place `lieu`.

    `entiers`, `partiels`: names of those whose territory holds the place whole, or a part of it only. Two bodies that
    hold the same place whole contradict each other; two that hold a part each may well share it.

    Source: usage of the networks of facilitators (one known desk by territory); no text of law says who it is.
    """
    if len(entiers) > 1:
        return Verdict.avertissement(
            f"{_enumerer(entiers)} se déclarent chacun guichet unique pour {lieu}.",
            source=SOURCE,
            remede="Écrivez à l'un d'eux en citant l'autre\u00a0: ils vous diront lequel suit votre achat.",
        )
    if entiers and partiels:
        return Verdict.information(
            f"{entiers[0]} est le guichet unique de tout le territoire, {_enumerer(partiels)} d'une partie.",
            remede="Cherchez par commune pour savoir à qui vous adresser.",
        )
    if entiers:
        return Verdict.ok(f"{entiers[0]} est le guichet unique pour {lieu}\u00a0: commencez par lui.")
    if partiels:
        return Verdict.information(
            f"Sur une partie de ce territoire, le guichet unique est {_enumerer(partiels, 'ou')}.",
            remede="Cherchez par commune pour savoir à qui vous adresser.",
        )
    return Verdict.ok()


def _enumerer(noms: Sequence[str], lien: str = "et") -> str:
    return f" {lien} ".join(filter(None, (", ".join(noms[:-1]), *noms[-1:])))
