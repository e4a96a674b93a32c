"""New answers to a saved search."""

from collections.abc import Iterable

from portal import mail
from structures.models import RechercheEnregistree, Structure

MOST_SHOWN = 10  # structures named in one message


def tell(recherche: RechercheEnregistree, *, shown: Iterable[Structure], count: int, stop: str) -> list:
    """Name the structures that newly answer, `count` of them in all; `stop` is the token that ends the alert."""
    shown = list(shown)
    return mail.send(
        "recherche_alerte",
        recherche.user,
        cle=f"recherche:{recherche.pk}:{recherche.verifiee_le:%Y%m%d%H%M%S%f}",
        recherche=recherche,
        structures=shown,
        nombre=count,
        autres=count - len(shown),
        jeton=stop,
    )
