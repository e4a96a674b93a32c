"""Fixtures of the directory."""

import pytest


@pytest.fixture
def card(client_structure):
    card = client_structure.acteur_organisation.structures.get()
    card.nom, card.courriel, card.telephone = "L'Atelier", "contact@atelier.fr", "02 31 00 00 00"
    card.save()
    return card
