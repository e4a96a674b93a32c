"""The registry of where people work: what an upper floor knows of it, for the pages of lower floors.

    @register(Role.FACILITATEUR)
    def of_facilitator(acteur):
        return Facilitateur.objects.acting(acteur).par_departement()

A page asks `departements_of(acteur)` and knows nobody; the answer proposes, it never forbids.
"""

from collections.abc import Callable, Iterable
from typing import Any

from portal.permissions import Role

Reach = Callable[[Any], Iterable[str]]
_known: dict[Role, Reach] = {}


def register(role: Role) -> Callable[[Reach], Reach]:
    """Decorator: the function answers the codes of the départements where an `Acteur` of this role works.

    One function a role: another one is a ValueError.
    """

    def decorate(function: Reach) -> Reach:
        known = _known.setdefault(role, function)
        if known is not function:
            raise ValueError(f"The reach of {role} is already told by {known.__module__}.{known.__qualname__}.")
        return function

    return decorate


def departements_of(acteur: Any) -> frozenset[str]:
    """Codes of the départements where this `Acteur` works; empty when nobody knows."""
    reach = _known.get(acteur.role)
    return frozenset(reach(acteur)) if reach else frozenset()
