"""What the tables refuse, and what they must never hold."""

import pytest
from django.apps import apps
from django.db import IntegrityError, models

from clauses.enums import Etat
from clauses.models import Participant
from tests import factories as f

PERSONAL = (
    "nom",
    "prenom",
    "name",
    "tel",
    "phone",
    "mail",
    "courriel",
    "adresse",
    "nir",
    "commune",
    "photo",
    "document",
)


@pytest.mark.parametrize("name", ["Participant", "Eligibilite", "Affectation", "LigneHeures"])
def test_a_person_has_no_name_no_contact_no_document_no_free_text(name):
    fields = apps.get_model("clauses", name)._meta.get_fields()
    own = [field for field in fields if isinstance(field, models.Field)]
    assert not [field.name for field in own if any(word in field.name for word in PERSONAL)]
    assert not [
        field.name for field in own if isinstance(field, models.TextField | models.FileField | models.EmailField)
    ]


def test_a_person_has_no_history_to_erase():
    assert not hasattr(Participant, "history")


@pytest.mark.django_db
def test_a_code_is_unique_in_its_body_only():
    person = f.make_participant()
    f.make_participant(code=person.code)
    with pytest.raises(IntegrityError):
        f.make_participant(code=person.code, facilitateur=person.facilitateur)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [
        {"heures": 0},
        {"heures": 5, "heures_formation": 6},
        {"heures_formation": -1},
        {"etat": Etat.REFUSEE},
        {"etat": "x"},
    ],
)
def test_the_database_refuses(given):
    with pytest.raises(IntegrityError):
        f.make_imputation(**given)
