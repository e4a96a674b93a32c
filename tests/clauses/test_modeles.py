"""Model texts: variables, versions that never change, what a filled text says and lacks."""

from datetime import date
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.urls import reverse

from clauses.actions.modeles import load_models
from clauses.enums import TypeClause
from clauses.models import ClauseSociale, ModeleClause
from clauses.rules.modeles import VARIABLES, adapter, mentions, remplir, variables
from clauses.rules.redaction import relire_modele
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


AVANT = {
    "lot": "Peinture du lycée", "heures": "1\u202f200", "date_debut": "01/01/2025", "acheteur": "Région", "contact": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("texte", "said"),
    [
        ("Lot « Peinture du lycée » : 1 200 heures.", "Lot « Gros œuvre » : 833 heures."),
        ("1\u202f200 h dès le 01/01/2025, pénalité de 1 200 €.", "833 h dès le 01/02/2026, pénalité de 1 200 €."),
        ("Ce que la Région écrit à la main.", "Ce que la Région (14) écrit à la main."),
        ("11 200 heures", "11 200 heures"),
        ("", ""),
    ],
)
def test_a_text_signed_elsewhere_takes_the_values_of_the_new_lot(texte, said):
    apres = {"lot": "Gros œuvre", "heures": "833", "date_debut": "01/02/2026", "acheteur": "Région (14)"}
    assert adapter(texte, AVANT, apres) == said


def test_what_the_new_lot_does_not_know_is_said():
    assert adapter("Dès le 01/01/2025.", AVANT, {}) == "Dès le [à compléter\u00a0: la date de début]."


@pytest.mark.parametrize(
    ("texte", "type", "blocked"),
    [
        ("{lot}, {contact}, {publics} : {heures} heures.", "condition", 0),
        ("{lot}, {contact}, {publics} : 300 heures.", "condition", 0),
        ("{lot}, {contact}, {publics} : un effort.", "condition", 1),  # a clause without figure
        ("{lot}, {contact}, {publics} : un effort.", "critere", 0),
        ("{heures} heures.", "condition", 3),
    ],
)
def test_a_model_says_the_four_things_or_is_refused(texte, type, blocked):
    assert sum(verdict.is_blocking for verdict in relire_modele(texte, type)) == blocked


GOOD = {"titre": "Notre clause", "type": "condition", "texte": "{lot}, {contact}, {publics} : {heures} heures, {taux}."}


@pytest.mark.django_db
def test_a_body_writes_its_own_versions_and_what_was_signed_stays():
    portal = f.make_modele_clause(publie_le="2026-01-01")
    client, stranger = sign_in(Role.FACILITATEUR), sign_in(Role.FACILITATEUR)
    url = reverse("clauses:modele_edit", args=[portal.pk])
    assert client.get(url).context["form"].initial["texte"] == portal.texte
    client.post(url, GOOD)  # a draft
    draft = ModeleClause.objects.get(organisation=client.acteur_organisation)
    assert (draft.code, draft.version, draft.publie_le) == (portal.code, 1, None)
    page = reverse("clauses:modele", args=[draft.pk])
    assert (client.get(page).status_code, stranger.get(page).status_code) == (404, 404)
    edit = reverse("clauses:modele_edit", args=[draft.pk])
    assert stranger.get(edit).status_code == 404
    refused = client.post(edit, GOOD | {"texte": "Un effort.", "publier": "1"}).content.decode()
    assert "sans chiffre" in refused
    assert client.post(edit, GOOD | {"publier": "1"}).url == page
    lot = f.make_lot(date_debut=date(2026, 1, 1), date_fin=date(2026, 12, 31))
    query = {"modele": draft.pk, "heures": "833", "montant": "1000000", "part": "0.5", "taux": "0.05", "cout": "30"}
    create = f"{reverse('clauses:create', args=[lot.pk])}?{urlencode(query)}"
    form = client.get(create).context["form"]
    assert "5\u202f%" in form.initial["texte"]
    given = {"type": "condition", "heures": "833", "date_debut": "2026-01-01", "date_fin": "2026-12-31"}
    assert client.post(create, given | {"texte": form.initial["texte"]}).status_code == 302
    clause = ClauseSociale.objects.get()
    assert (clause.modele, clause.texte) == (draft, form.initial["texte"])
    client.post(
        reverse("clauses:modele_edit", args=[draft.pk]), GOOD | {"texte": GOOD["texte"] + " Et plus.", "publier": "1"}
    )
    newer = ModeleClause.objects.get(organisation=client.acteur_organisation, version=2)
    draft.refresh_from_db()
    clause.refresh_from_db()
    assert (draft.texte, clause.texte) == (GOOD["texte"], form.initial["texte"])
    assert set(client.get(reverse("clauses:modeles")).context["modeles"]) == {portal, newer}
    assert set(stranger.get(reverse("clauses:modeles")).context["modeles"]) == {portal}
    retire = reverse("clauses:modele_retirer", args=[newer.pk])
    assert stranger.post(retire).status_code == 404
    client.post(retire)
    assert set(client.get(reverse("clauses:modeles")).context["modeles"]) == {portal}
    assert client.post(reverse("clauses:modele_retirer", args=[portal.pk])).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "more", [{"texte": "{inconnue}"}, {"texte": ""}, {"texte": "x" * 20_001}, {"titre": "\x00"}, {"type": "autre"}]
)
def test_a_text_that_nothing_can_fill_is_not_kept(more):
    client = sign_in(Role.ACHETEUR)
    assert client.post(reverse("clauses:modele_create"), GOOD | more).status_code == 200
    assert not ModeleClause.objects.exists()


@pytest.mark.django_db
def test_two_texts_of_one_title_are_two_texts():
    client = sign_in(Role.ACHETEUR)
    for _ in range(2):
        client.post(reverse("clauses:modele_create"), GOOD)
    assert set(ModeleClause.objects.values_list("code", "version")) == {("notre-clause", 1), ("notre-clause-2", 1)}


@pytest.mark.django_db
def test_the_clause_of_another_contract_of_the_buyer_is_taken_up():
    client = sign_in(Role.FACILITATEUR)
    mine = client.acteur_organisation.facilitateur
    acheteur = f.make_acheteur()
    old = f.make_lot(marche=f.make_marche(acheteur=acheteur), objet="Peinture du lycée")
    clause = f.make_clause(
        lot=old, facilitateur=mine, texte="Pour « Peinture du lycée », l'entreprise forme un tuteur.", publics="Jeunes",
        penalite_heure=40,
    )  # fmt: skip
    lot = f.make_lot(marche=f.make_marche(acheteur=acheteur), objet="Gros œuvre")
    elsewhere = f.make_lot()
    create = reverse("clauses:create", args=[lot.pk])
    assert list(client.get(create).context["reutilisables"]) == [clause]
    assert list(client.get(reverse("clauses:create", args=[elsewhere.pk])).context["reutilisables"]) == []
    page = client.get(create, {"reprendre": clause.pk})
    initial = page.context["form"].initial
    assert initial["texte"] == "Pour « Gros œuvre », l'entreprise forme un tuteur."
    assert (initial["publics"], initial["penalite_heure"]) == ("Jeunes", 40)
    assert "Texte repris de" in page.content.decode()
    for key in ("9" * 18, f.make_clause(texte="x").pk):
        assert client.get(create, {"reprendre": key}).status_code == 404
    assert client.get(create, {"reprendre": "\x00"}).status_code == 200


@pytest.mark.django_db
def test_a_clause_is_read_again_before_it_is_created():
    client, lot = sign_in(Role.FACILITATEUR), f.make_lot()
    create = reverse("clauses:create", args=[lot.pk])
    given = {"type": "condition", "heures": "833", "date_debut": "2026-01-01", "date_fin": "2026-12-31", "relire": "1"}
    page = client.post(create, given | {"texte": "833 heures uniquement pour des personnes résidant ici."})
    assert page.status_code == 200
    said = [verdict.reason for verdict in page.context["verdicts"]]
    assert any("résidence" in reason for reason in said)
    assert any("publics" in reason for reason in said)
    assert not ClauseSociale.objects.exists()
    refused = client.post(create, given | {"heures": "0"})
    assert "sans chiffre" in refused.content.decode()
