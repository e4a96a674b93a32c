"""Who tells where people of a role work: one function a role, none known for the others."""

import pytest

from portal import perimetres
from portal.permissions import Acteur, Role


def test_one_function_tells_a_role(monkeypatch):
    monkeypatch.setattr(perimetres, "_known", {})
    acteur = Acteur(None, None, Role.RESEAU)
    assert perimetres.departements_of(acteur) == frozenset()

    @perimetres.register(Role.RESEAU)
    def told(acteur):
        return ["14", "50", "14"]

    assert perimetres.register(Role.RESEAU)(told) is told
    assert perimetres.departements_of(acteur) == {"14", "50"}
    assert perimetres.departements_of(Acteur(None, None, Role.ACHETEUR)) == frozenset()
    with pytest.raises(ValueError, match="already told by"):
        perimetres.register(Role.RESEAU)(lambda acteur: [])
