"""Pages of people known by a code."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from clauses.models import Affectation, Participant
from portal.permissions import Role
from tests import factories as f
from tests.clauses.helpers import text

pytestmark = pytest.mark.django_db
HUGE = 10**30


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


def test_a_person_is_followed_by_code_from_entry_to_assignment(client_facilitateur):
    url = reverse("clauses:participant_create")
    data = {"annee_naissance": "1990", "sexe": "f", "niveau_formation": "3", "qpv": "True", "entree_le": "2026-06-01"}
    page = client_facilitateur.post(url, data)
    person = Participant.objects.get()
    assert page.url == person.get_absolute_url()
    assert person.qpv is True
    seen = {"critere": "rsa", "justificatif_vu_le": "2026-06-01", "valable_du": "2026-06-01"}
    client_facilitateur.post(reverse("clauses:add_eligibilite", args=[person.pk]), seen)
    assert person.eligibilites.get().valable_au == date(2028, 5, 31)
    employer = f.make_organisation()
    work = {"siret": employer.identifiant, "modalite": "embauche", "contrat": "cdd", "date_debut": "2026-06-02"}
    client_facilitateur.post(reverse("clauses:assign", args=[person.pk]), work)
    assert Affectation.objects.get().employeur == employer
    assert person.code in text(client_facilitateur.get(reverse("clauses:participant_fiche", args=[person.pk])))
    assert client_facilitateur.get(person.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"annee_naissance": "abc"}, {"annee_naissance": HUGE}, {"annee_naissance": "2020"}, {"entree_le": "0001-01-01"}]
    + [{"entree_le": "9999-12-31"}, {"sexe": "x"}, {"entree_le": "\x00"}],
)
def test_impossible_people_are_refused(client_facilitateur, change):
    data = {"annee_naissance": "1990", "sexe": "f", "niveau_formation": "3", "entree_le": "2026-06-01"} | change
    assert client_facilitateur.post(reverse("clauses:participant_create"), data).context["form"].errors
    assert not Participant.objects.exists()


@pytest.mark.parametrize("siret", ["123", "12345678901234", "\x00", "abc"])
def test_an_employer_is_a_valid_siret(chantier, siret):
    person = chantier.affectations[0].participant
    data = {"siret": siret, "modalite": "embauche", "contrat": "cdd", "date_debut": "2026-06-02"}
    response = chantier.client(Role.FACILITATEUR).post(reverse("clauses:assign", args=[person.pk]), data)
    assert "siret" in response.context["affectation_form"].errors
