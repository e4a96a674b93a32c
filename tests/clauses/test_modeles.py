"""Model texts: variables, versions that never change, what a filled text says and lacks."""

from datetime import date

import pytest
from django.core.management import call_command
from django.urls import reverse

from clauses.actions.modeles import load_models
from clauses.enums import TypeClause
from clauses.models import ModeleClause
from clauses.rules.modeles import VARIABLES, mentions, remplir, variables
from portal.permissions import Role
from tests import factories as f
from tests.conftest import sign_in

FULL = dict.fromkeys(VARIABLES, "x")


def test_variables_are_known():
    assert variables("{heures} h, {lot}, {heures}") == ["heures", "lot"]
    with pytest.raises(ValueError, match="inconnue\u00a0: {montant}"):
        variables("{montant}")


def test_filling_says_what_lacks_and_reads_nothing_twice():
    assert (
        remplir("{heures} h pour {lot}", {"lot": "{heures}"})
        == "[à compléter\u00a0: le nombre d'heures] h pour {heures}"
    )


@pytest.mark.parametrize("name", ["lot", "contact", "publics", "heures"])
def test_a_clause_without_one_of_the_four_is_refused(name):
    assert mentions(FULL) == []
    (verdict,) = mentions(FULL | {name: ""})
    assert verdict.is_blocking
    assert "CCAG" in verdict.source


@pytest.mark.django_db
def test_our_texts_cover_every_type_and_load_once(capsys):
    call_command("charger_modeles")
    assert set(ModeleClause.objects.values_list("type", flat=True)) == set(TypeClause.values)
    for modele in ModeleClause.objects.all():
        assert {"heures", "facilitateur", "contact", "publics"} <= {*variables(modele.texte), "heures"}, modele.code
    count = ModeleClause.objects.count()
    call_command("charger_modeles")
    assert ModeleClause.objects.count() == count


@pytest.mark.django_db
def test_a_changed_text_is_a_new_version_and_the_old_one_stays(tmp_path):

    file = tmp_path / "essai.txt"
    file.write_text("titre: Essai\ntype: condition\n\nAvant {heures}", encoding="utf-8")
    load_models(date(2026, 1, 1), tmp_path)
    file.write_text("titre: Essai\ntype: condition\n\nAprès {heures}", encoding="utf-8")
    load_models(date(2026, 2, 1), tmp_path)
    assert list(ModeleClause.objects.values_list("version", "texte")) == [(2, "Après {heures}"), (1, "Avant {heures}")]
    client = sign_in(Role.FACILITATEUR)
    html = client.get(reverse("clauses:modeles")).content.decode()
    assert "version 2" in html
    assert "version 1" not in html
    old = ModeleClause.objects.get(version=1)
    assert client.get(reverse("clauses:modele", args=[old.pk])).status_code == 200
    file.write_text("titre: Essai\ntype: condition\n\n{inconnue}", encoding="utf-8")
    with pytest.raises(ValueError, match="inconnue"):
        load_models(date(2026, 3, 1), tmp_path)


@pytest.mark.django_db
@pytest.mark.parametrize("heures", ["", "0x", "\x00", "9" * 40, "²", "-1"])
def test_bad_hours_are_said_to_lack(heures):
    client, lot = sign_in(Role.ACHETEUR), f.make_lot()
    modele = f.make_modele_clause(publie_le="2026-01-01")
    html = client.get(reverse("clauses:modele", args=[modele.pk]), {"lot": lot.pk, "heures": heures}).content.decode()
    assert "à compléter\u00a0: le nombre d&#x27;heures" in html


@pytest.mark.django_db
def test_a_facilitator_fills_a_model_and_creates_the_clause():
    client, lot = sign_in(Role.FACILITATEUR), f.make_lot()
    modele = f.make_modele_clause(publie_le="2026-01-01")
    page = client.get(reverse("clauses:modele", args=[modele.pk]), {"lot": lot.pk, "heures": "833"})
    assert "réalise 833 heures" in page.content.decode()
    form = client.get(page.context["create_url"]).context["form"]
    assert "réalise 833 heures" in form.initial["texte"]
