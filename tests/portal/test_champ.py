"""Search fields are written once: the same text as crispy's, and never that of another value, list or error."""

import pytest
from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms

from portal.templatetags import components
from portal.templatetags.components import champ

CHOICES = [("", "Tous"), ("a", "Premier"), ("b", "Second")]


class Recherche(forms.Form):
    q = forms.CharField(label="Mots", required=False, max_length=20, help_text="Trois au plus.")
    sorte = forms.ChoiceField(label="Sorte", choices=CHOICES, required=False)
    du = forms.DateField(label="À partir du", required=False)


@pytest.mark.parametrize(
    "asked",
    [None, {}, {"q": "propreté", "sorte": "a"}, {"sorte": "b"}, {"sorte": "zzz", "du": "hier"}, {"q": "<b>" * 9}],
)
def test_a_search_field_is_what_crispy_writes(asked):
    for _ in range(2):  # written, then read
        for name in ("q", "sorte", "du"):
            assert champ(Recherche(asked)[name]) == as_crispy_field(Recherche(asked)[name])


def test_another_list_of_choices_is_another_field():
    other = Recherche()
    other.fields["sorte"].choices = [*CHOICES, ("c", "Troisième")]
    assert "Troisième" not in champ(Recherche()["sorte"])
    assert "Troisième" in champ(other["sorte"])


def test_choices_read_from_elsewhere_are_read_once_and_never_old():
    asked = []

    def places():
        asked.append(1)
        return [("14", f"Calvados {len(asked)}")]

    class Lieu(forms.Form):
        departement = forms.ChoiceField(choices=places, required=False)

    assert "Calvados 1" in champ(Lieu()["departement"])
    assert "Calvados 2" in champ(Lieu()["departement"])
    assert len(asked) == 2


def test_the_fields_kept_stay_few(monkeypatch):
    monkeypatch.setattr(components, "MOST_FIELDS", 3)
    components._fields.clear()
    for number in range(10):
        champ(Recherche({"q": str(number)})["q"])
    assert len(components._fields) <= 3
