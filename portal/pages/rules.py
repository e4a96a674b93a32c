"""What a story must hold before it goes out."""

from collections.abc import Sequence


def missing_to_publish(*, chapeau: str, corps: str, linked: int, photos: Sequence[tuple[str, str]]) -> list[str]:
    """What still stands between a story and its publication, in French, each with what to do; empty when ready.

    `linked` counts structures, contracts and lots together; `photos` are (alternative text, credit) pairs.
    Source: the portal's own rule; for pictures RGAA 4.1, criterion 1.1 (alternative text), and Code de la propriété
    intellectuelle, L. 121-1 (name of the author).
    """
    missing = []
    if not chapeau.strip():
        missing.append("Le résumé est vide\u00a0: écrivez en deux phrases ce que l'on retiendra.")
    if not corps.strip():
        missing.append("Le récit est vide\u00a0: racontez ce qui a été fait, par qui, avec quel résultat.")
    if not linked:
        missing.append("Aucun lien\u00a0: rattachez au moins une structure, un marché ou un lot.")
    for rank, (alt, credit) in enumerate(photos, start=1):
        if not alt.strip():
            missing.append(f"La photo {rank} n'a pas de texte alternatif\u00a0: décrivez ce qu'elle montre.")
        if not credit.strip():
            missing.append(f"La photo {rank} n'a pas de crédit\u00a0: indiquez qui l'a prise.")
    return missing
