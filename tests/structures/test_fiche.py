"""The card of a structure: what it says, to whom, in how many queries; its contact as a vCard."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.permissions import Role
from structures import rules
from structures.enums import Kind
from structures.exporters.vcard import escape, fold, vcard
from structures.models import Structure
from structures.presentation.fiche import annees, months_in_words, usages
from structures.zones import describe, make_zone
from tests import factories as make
from tests.conftest import sign_in
from tests.structures.helpers import make_country

ROLES = list(make.Role)


def page(client, structure) -> str:
    response = client.get(structure.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


# Words --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("months", "said"),
    [
        ([], ""),
        ([1, 2, 3, 8], "janvier à mars, août"),
        ([8], "août"),
        ([7, 8], "juillet et août"),
        ([11, 12, 1, 2], "novembre à février"),
        ([12, 1], "décembre et janvier"),
        ([1, 3, 12], "mars, décembre et janvier"),
        (range(1, 13), "toute l'année"),
    ],
)
def test_months_are_said_in_runs(months, said):
    assert months_in_words(months) == said


@pytest.mark.parametrize(
    ("debut", "fin", "said"),
    [(2021, 2024, "2021-2024"), (2021, None, "depuis 2021"), (None, 2024, "jusqu'en 2024"), (2024, 2024, "2024"),
     (None, None, "")],
)  # fmt: skip
def test_years_of_a_reference(debut, fin, said):
    assert annees(debut, fin) == said


@pytest.mark.parametrize(
    ("part", "seuil", "told"), [(None, 50, False), (50, 50, False), (51, 50, True), (51, 60, False), (0, 0, False)]
)
def test_dependence_is_told_over_the_level(part, seuil, told):
    assert bool(rules.dependance(part, 2020, seuil).reason) is told


@pytest.mark.parametrize("kind", Kind)
def test_joint_reservation_is_said_of_the_kinds_it_is_for(kind):
    said = " ".join(usage.reason for usage in usages(kind, date(2026, 6, 1)))
    assert ("à la fois au handicap et à l'insertion" in said) is (kind in rules.RESERVES["les_deux"])


@pytest.mark.django_db
def test_a_radius_says_its_nearest_commune():
    country = make_country()
    near = make_zone(centre=(49.03, 1.16), rayon_km=40)
    lost = make_zone(lieux=[("departement", "14")], centre=(45.0, 3.0), rayon_km=20)
    said = describe([near, lost])
    assert said[near.pk] == "40\u00a0km autour d'Évreux"
    assert said[lost.pk] == "Calvados et 20\u00a0km autour du point déclaré"
    assert country.evreux.nom in said[near.pk]


# The page -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def full(db):
    """A card where everything is said."""
    country = make_country()
    structure = make.make_structure(
        nom="Les Jardins", kind=Kind.ACI, commune=country.caen, departement=country.calvados, ville="Caen",
        capacite=40, effectif=25, effectif_parcours=18, chiffre_affaires=410_000, annee_chiffre_affaires=2024,
        part_marches_publics=62, annee_part=2024, mois_creux=0b10000111, role_prefere="cotraitant",
        formes_commande_publique=3, delai_reponse_jours=5, siege_qpv=True, telephone="02 31 00 00 00",
        convention_debut=date(2024, 1, 1), convention_fin=date(2024, 12, 31),
        blocs_saisis={"capacite": "2026-05-12"}, groupe=make.make_groupe_economique(nom="GES du Bocage"),
    )  # fmt: skip
    structure.reseaux.add(make.make_reseau(nom="Réseau des jardins"))
    make.make_activite(
        structure=structure, secteur=country.entretien, zone=make_zone(centre=(49.18, -0.37), rayon_km=30)
    )
    make.make_activite(structure=structure, secteur=country.proprete, zone=make_zone(lieux=[("departement", "14")]))
    make.make_offre(structure=structure, nom="Tonte différenciée")
    make.make_reference_client(structure=structure, client="Ville de Caen", annee_debut=2021, annee_fin=2024)
    make.make_label_obtenu(
        structure=structure, label=make.make_label(nom="Qualipaysage"), valable_jusqu_au=date(2020, 1, 1)
    )
    make.make_photo_structure(structure=structure, texte_alternatif="Une équipe qui tond", credit="Studio Bleu")
    make.make_fondateur(structure=structure, co_entreprise=make.make_co_entreprise(nom="Vert Ensemble"))
    make.make_source_structure(
        structure=structure, format="asp", publie_le=date(2026, 2, 1), donnees={"champs": {"nom": "X", "ville": "Y"}}
    )
    make.make_membre_alliance(structure=structure, alliance=make.make_alliance(nom="Alliance du Bessin"))
    return structure


SAID = (
    "30 km autour de Caen", "Calvados", "40 places", "25 personnes, dont 18", "410 000", "62&nbsp;% en 2024",
    "Janvier à mars, août", "Cotraitant", "3 personnes", "en 5 jours", "Tonte différenciée", "Ville de Caen",
    "(2021-2024)", "échu le 01/01/2020", "GES du Bocage", "Vert Ensemble", "Réseau des jardins",
    "Alliance du Bessin", "a pris fin le 31/12/2024", "par la structure ou son réseau, le 12/05/2026",
    "Liste ASP des structures conventionnées du 01/02/2026", "Plus de 50 % de son chiffre d",
    'alt="Une équipe qui tond"', "Crédit&nbsp;: Studio Bleu", 'loading="lazy"', "L. 2113-13", "L. 2113-14",
    "Dernière modification de la fiche", "Quartier prioritaire",
)  # fmt: skip


def test_the_card_says_everything(client, full):
    text = page(client, full).replace("\u202f", " ").replace("\xa0", " ")
    assert [said for said in SAID if said not in text] == []


def test_the_card_leads_to_its_sectors_its_town_and_its_claim(client, full):
    text = page(client, full)
    for activite in full.activites.select_related("secteur"):
        assert f'href="{activite.secteur.get_absolute_url()}"' in text
    assert reverse("structures:territoire", args=[f"commune-{full.commune_id}"]) in text
    claim = reverse("structures:revendiquer", args=[full.pk])
    assert claim in text
    assert client.get(claim).url.startswith(reverse("account_login"))
    assert claim in page(sign_in(Role.ACHETEUR), full)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_has_its_text_of_law(kind):
    phrase, source = rules.PRESENTATIONS[kind]
    assert phrase.endswith(".")
    expected = {Kind.EITI: "2018-771", Kind.EATT: "L. 5213-13-3", Kind.ESAT: "L. 344-2", Kind.GEIQ: "L. 1253-1"}
    assert expected.get(kind, "") in source


def test_the_level_of_dependence_is_a_setting(client, full, settings):
    settings.SEUIL_DEPENDANCE = 80
    assert "de son chiffre d’affaires vient" not in page(client, full)
    assert "la perte d" not in page(client, full)


def test_an_empty_card_proposes_what_to_do(client, db):
    text = page(client, make.make_structure())
    assert "Contactez-la pour le connaître" in text
    assert "demandez-les avant de fixer la taille d’un lot" in text
    assert "Labels et références" not in text


@pytest.mark.parametrize(
    ("address", "label"), [("x@structure.invalid", "Écrire à la structure"), ("", "Comment la joindre")]
)
def test_a_buyer_is_told_before_the_click_whether_it_may_be_written_to(db, address, label):
    structure = make.make_structure(courriel=address)
    assert label in page(sign_in(make.Role.ACHETEUR), structure)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_completeness_is_for_those_who_may_write(client, full, role):
    someone = sign_in(role) if role else client
    assert ("Votre fiche est complète" in page(someone, full)) is (role == make.Role.ADMINISTRATION)


def test_members_see_what_to_add(full):
    member = sign_in(make.Role.STRUCTURE, organisation=full.organisation)
    assert "Votre fiche est complète" in page(member, full)


def test_cost_is_the_same_for_one_line_or_ten(client, full, django_assert_num_queries):
    make.make_titulaire(organisation=full.organisation)
    with CaptureQueriesContext(connection) as one:
        page(client, full)
    assert len(one) <= 18
    for rank in range(9):
        make.make_activite(structure=full, zone=make_zone(centre=(49.18 + rank / 10, -0.37), rayon_km=10))
        make.make_offre(structure=full)
        make.make_reference_client(structure=full)
        make.make_label_obtenu(structure=full)
        full.reseaux.add(make.make_reseau())
        lot = make.make_titulaire(organisation=full.organisation).lot
        make.make_membre_groupement(groupement=make.make_groupement(lot=lot), organisation=full.organisation)
        make.make_membre_alliance(structure=full)
    with django_assert_num_queries(len(one)):
        page(client, full)


def test_a_bare_card_asks_little(client, db, django_assert_max_num_queries):
    structure = make.make_structure()
    with django_assert_max_num_queries(9):
        page(client, structure)


def test_addresses(client, full):
    assert client.get(reverse("structures:detail", args=[full.pk, "autre"])).url == full.get_absolute_url()
    other = make.make_structure()
    Structure.objects.filter(pk=full.pk).update(remplacee_par=other)
    assert client.get(full.get_absolute_url()).url == other.get_absolute_url()
    Structure.objects.filter(pk=other.pk).update(publiee=False)
    assert client.get(other.get_absolute_url()).status_code == 404
    assert client.get("/structures/999999999999999999-x/").status_code == 404


# vCard --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("L'Étape, Été; Cie", "L'Étape\\, Été\\; Cie"),
        ("un\r\ndeux\rtrois\nquatre", "un\\ndeux\\ntrois\\nquatre"),
        ("a\\b", "a\\\\b"),
        ("nul\x00 et cloche\x07", "nul et cloche"),
    ],
)
def test_text_values_are_escaped(text, written):
    assert escape(text) == written


@pytest.mark.parametrize("text", ["x" * 300, "é" * 200, "N:" + "𝄞" * 90, "court"])
def test_long_lines_are_folded_between_characters(text):
    lines = fold(text).split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert lines[0] + "".join(line[1:] for line in lines[1:]) == text
    assert all(line.startswith(" ") for line in lines[1:])


def test_vcard_holds_the_public_contact_alone(client, full):
    Structure.objects.filter(pk=full.pk).update(
        nom="L'Étape; Jardins, fleurs\nBEGIN:VCARD", courriel="contact@exemple.fr", site="https://exemple.fr/é",
        adresse="3, rue des Prés", code_postal="14000",
    )  # fmt: skip
    response = client.get(reverse("structures:vcard", args=[full.pk]))
    text = response.content.decode()
    unfolded = text.replace("\r\n ", "")
    assert response["Content-Type"] == "text/vcard; charset=utf-8"
    assert response["Content-Disposition"].endswith('.vcf"')
    assert text.startswith("BEGIN:VCARD\r\nVERSION:4.0\r\n")
    assert text.endswith("END:VCARD\r\n")
    assert text.split("\r\n").count("BEGIN:VCARD") == 1
    assert "FN:L'Étape\\; Jardins\\, fleurs\\nBEGIN:VCARD" in unfolded
    assert "ADR;TYPE=work:;;3\\, rue des Prés;Caen;;14000;France" in unfolded
    assert "TEL;TYPE=work;VALUE=text:02 31 00 00 00" in unfolded
    assert "EMAIL;TYPE=work:contact@exemple.fr" in unfolded
    assert "410" not in unfolded.replace("SOURCE", "")
    assert full.organisation.identifiant not in unfolded


def test_vcard_of_a_bare_card(db):
    text = vcard(make.make_structure(nom="Seule", kind=Kind.EA), "https://exemple.fr/structures/1-seule/")
    assert "ADR" not in text
    assert "TEL" not in text
    assert "SOURCE:https://exemple.fr/structures/1-seule/" in text


def test_vcard_of_a_hidden_card_is_not_given(client, db):
    hidden = make.make_structure(publiee=False)
    url = reverse("structures:vcard", args=[hidden.pk])
    assert client.get(url).status_code == 404
    assert sign_in(make.Role.STRUCTURE, organisation=hidden.organisation).get(url).status_code == 200


# The register -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"date_notification": date(2020, 1, 5), "date_fin": date(2022, 1, 4)}, ["A tenu", "2020-2022"]),
        ({"date_notification": date(2025, 1, 5), "date_fin": date(2099, 1, 4)}, ["Tient", "2025-2099"]),
        ({"date_notification": date(2020, 1, 5)}, ["Tient", "depuis 2020, fin non publiée"]),
        ({}, ["Figure comme titulaire pour"]),
    ],
)
def test_references_proved_by_the_register(client, full, days, said):
    lot = make.make_lot(marche=make.make_marche(objet="Parcs de la ville"), numero="3", **days)
    make.make_titulaire(lot=lot, organisation=full.organisation)
    text = page(client, full)
    assert all(words in text for words in [*said, "le lot 3 du marché", "Parcs de la ville", "Seule titulaire"])
    assert timezone.localdate() > date(2025, 1, 5)


def test_a_group_says_the_place_held(client, full):
    lot = make.make_lot(numero="1")
    for body in (full.organisation, make.make_organisation()):
        make.make_titulaire(lot=lot, organisation=body)
    assert "Avec d&#x27;autres titulaires" in page(client, full)
    group = make.make_groupement(lot=lot)
    membre = make.make_membre_groupement(groupement=group, organisation=full.organisation, taches="Les massifs")
    text = page(client, full)
    assert "Membre d&#x27;un groupement" in text
    assert "Les massifs" in text
    type(membre).objects.filter(pk=membre.pk).update(mandataire=True)
    assert "Mandataire d&#x27;un groupement" in page(client, full)


def test_a_group_that_lost_proves_nothing(client, full):
    group = make.make_groupement(retenu=False)
    make.make_membre_groupement(groupement=group, organisation=full.organisation)
    assert "Marchés publics</h2>" not in page(client, full)


@pytest.mark.parametrize("pk", ["0", "999999999", str(2**63 - 1), str(2**63), "9" * 40])
def test_a_card_that_is_not_there(client, db, pk):
    assert client.get(f"/structures/{pk}-jardins/").status_code == 404
