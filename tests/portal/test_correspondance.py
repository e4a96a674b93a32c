import pytest
from crispy_forms.utils import render_crispy_form

from portal.correspondance import Champ, CorrespondanceForm, apply, propose
from portal.tables import Row

SIRET = Champ("siret", "SIRET", ("numéro SIRET", "n° siret", "identifiant établissement"), obligatoire=True)
SIREN = Champ("siren", "SIREN")
MONTANT = Champ("montant", "Montant HT", ("total HT", "dépense"))
COURRIEL = Champ("courriel", "Courriel", ("adresse électronique", "e-mail", "mail"))
ADRESSE = Champ("adresse", "Adresse", ("rue", "voie"))
CHAMPS = [SIRET, SIREN, MONTANT, ADRESSE, COURRIEL]


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (["SIRET"], {"siret": "SIRET"}),
        (["siret"], {"siret": "siret"}),
        (["N° SIRET"], {"siret": "N° SIRET"}),
        (["Numéro  de siret"], {"siret": "Numéro  de siret"}),
        (["SIRET du titulaire", "Titulaire"], {"siret": "SIRET du titulaire"}),
        (["SIRET du client", "siret"], {"siret": "siret"}),  # the same words win over the words inside others
        (["SIREN", "SIRET"], {"siret": "SIRET", "siren": "SIREN"}),
        (["siren"], {"siren": "siren"}),  # one letter away from SIRET, and yet another number
        (["Dépenses"], {"montant": "Dépenses"}),  # nearly the same
        (["DEPENSE", "Montant HT"], {"montant": "Montant HT"}),
        (["Adresse électronique", "Adresse"], {"adresse": "Adresse", "courriel": "Adresse électronique"}),
        (["Adresse électronique"], {"courriel": "Adresse électronique"}),
        (["E-mail"], {"courriel": "E-mail"}),
        (["Adresse code", "Adresse libellé"], {"adresse": "Adresse libellé"}),  # a code says the thing less well
        (["couleur", "", "2024", "…"], {}),
        ([], {}),
    ],
)
def test_propose(headers, found):
    assert propose(headers, CHAMPS) == found


def test_propose_gives_a_header_once():
    assert propose(["Code"], [Champ("a", "Code"), Champ("b", "Code")]) == {"a": "Code"}


def test_apply():
    row = Row(3, {"N° SIRET": "123", "Autre": "x"})
    assert apply(row, {"siret": "N° SIRET", "montant": "Absente"}) == {"siret": "123", "montant": ""}
    assert apply(row.values, {"siret": "N° SIRET"}) == {"siret": "123"}


def test_form_starts_from_the_best_guess():
    form = CorrespondanceForm(["n° siret", "Total HT", ""], CHAMPS)
    assert form.initial == {"siret": "n° siret", "montant": "Total HT"}
    assert [value for value, _ in form.fields["siret"].choices] == ["", "n° siret", "Total HT"]
    assert CorrespondanceForm(["n° siret", "x"], CHAMPS, initial={"siret": "x"}).initial["siret"] == "x"


def test_the_headers_of_a_wide_table_are_written_once():
    wide = [f"Colonne {number}" for number in range(200)]
    form = CorrespondanceForm([*wide, "SIRET"], CHAMPS)
    page = render_crispy_form(form, context={"form": form})
    assert page.count("Colonne 7&quot;") + page.count('value="Colonne 7"') == 1
    assert page.count('list="colonnes"') == len(CHAMPS)
    assert 'value="SIRET"' in page  # the best guess is there already
    assert CorrespondanceForm(wide, CHAMPS, {"siret": "Colonne 7"}).is_valid()
    assert not CorrespondanceForm(wide, CHAMPS, {"siret": "Colonne 777"}).is_valid()


def test_form_answers_with_a_mapping():
    form = CorrespondanceForm(["a", "b"], CHAMPS, {"siret": "b", "montant": "a", "courriel": ""})
    assert form.is_valid(), form.errors
    assert form.mapping == {"siret": "b", "montant": "a"}


@pytest.mark.parametrize(
    ("answer", "field", "message"),
    [
        ({"montant": "a"}, "siret", "Indiquez la colonne"),
        ({"siret": "zzz"}, "siret", "n'est pas dans votre fichier"),
        ({"siret": "a\x00"}, "siret", "n'est pas dans votre fichier"),
        ({"siret": "a", "montant": "a"}, "montant", "déjà prise pour «\u00a0SIRET\u00a0»"),
    ],
)
def test_form_refuses(answer, field, message):
    form = CorrespondanceForm(["a", "b"], CHAMPS, answer)
    assert not form.is_valid()
    assert message in form.errors[field][0]
