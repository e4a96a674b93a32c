"""An organisation named by its SIRET or by the page of its structure."""

import pytest
from django.core.exceptions import ValidationError

from structures.enums import Kind
from structures.forms.organismes import OrganismeField, find_organisme
from structures.models import Organisation
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_a_structure_is_found_with_its_organisation():
    structure = make.make_structure()
    for typed in (structure.organisation.identifiant, structure.get_absolute_url()):
        found = find_organisme(typed)
        assert (found.structure, found.organisation()) == (structure, structure.organisation)
        assert found.nom == structure.nom


def test_a_siret_out_of_the_directory_is_an_organisation_made_when_needed():
    siret = make.make_siret()
    found = find_organisme(f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}")
    assert (found.structure, found.connue, found.siren) == (None, None, siret[:9])
    assert not Organisation.objects.filter(identifiant=siret).exists()
    made = found.organisation()
    assert made.identifiant == siret
    assert found.organisation() == made  # asked twice, made once
    again = find_organisme(siret)
    assert again.connue == made


def test_two_structures_under_one_siret_need_their_kind():
    one = make.make_structure(kind=Kind.EI)
    make.make_structure(organisation=one.organisation, kind=Kind.ACI)
    with pytest.raises(ValidationError, match="ajoutez le type"):
        find_organisme(one.organisation.identifiant)
    assert find_organisme(f"{one.organisation.identifiant} EI").structure == one


@pytest.mark.parametrize("typed", ["12345678901234", "Dupont", "1" * 300, "\x00", "/structures/99999999-rien/"])
def test_what_names_nobody_says_what_to_write(typed):
    with pytest.raises(ValidationError, match="SIRET de 14 chiffres|caractère nul"):
        OrganismeField().clean(typed)


def test_a_structure_without_siret_cannot_be_named():
    structure = make.make_structure(kind=Kind.ESAT, identifiant_source="140000001")
    structure.organisation = None
    structure.save()
    with pytest.raises(ValidationError, match="n'a pas de SIRET"):
        find_organisme(structure.get_absolute_url())


def test_a_value_is_shown_as_one_would_type_it():
    structure = make.make_structure()
    assert OrganismeField().prepare_value(structure.organisation) == structure.organisation.identifiant
    assert OrganismeField().prepare_value(structure) == f"{structure.organisation.identifiant} {structure.kind}"
