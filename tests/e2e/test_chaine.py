"""The portal's main paths, as a buyer, a facilitator and network staff walk them."""

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from clauses.models import Imputation
from portal.pages.models import Temoignage
from portal.permissions import Role
from structures.enums import Kind
from structures.search_index import reindex
from tests import factories as make
from tests.e2e.people import sign_up, structure_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_buyer_finds_cleaning_structures_around_evreux(page, check, sign_in, normandie):
    evreux, louviers, dieppe = normandie
    proprete = make.make_secteur(code="proprete", nom="Nettoyage et propreté", synonymes="ménage")
    jardins = make.make_secteur(code="espaces-verts", nom="Espaces verts")
    here = structure_in(evreux, "Propreté de l'Iton", proprete)
    near = structure_in(louviers, "Ateliers de Louviers", proprete, Kind.ESAT)
    far = structure_in(dieppe, "Littoral Propreté", proprete)
    other = structure_in(evreux, "Jardins de l'Iton", jardins)
    reindex([here.pk, near.pk, far.pk, other.pk])
    acheteur = make.make_acheteur()
    sign_up(Role.ACHETEUR, acheteur.organisation, sign_in)

    page.goto("/")
    check()
    page.get_by_label("Quoi").fill("nettoyages")
    page.get_by_label("Où").fill("evreux")
    page.get_by_role("button", name="Trouver une structure").click()
    page.get_by_label("Rayon").fill("30")
    page.get_by_role("button", name="Chercher", exact=True).first.click()

    results = page.locator("#resultats")
    expect(results.get_by_role("heading", name="2 structures")).to_be_visible()
    expect(results.get_by_role("link", name="Propreté de l'Iton", exact=True)).to_be_visible()
    expect(results.get_by_text("À 21 km d'Évreux")).to_be_visible()
    expect(results.get_by_text("Littoral Propreté")).to_have_count(0)
    expect(results.get_by_text("Jardins de l'Iton")).to_have_count(0)
    check()

    results.get_by_role("link", name="Ateliers de Louviers", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Ateliers de Louviers")).to_be_visible()
    check()


def test_a_facilitator_records_a_month_and_sees_progress_move(page, check, sign_in):
    facilitateur = make.make_facilitateur()
    lot = make.make_lot(objet="Entretien des lycées", date_debut=date(2026, 1, 1), date_fin=date(2026, 12, 31))
    titulaire = make.make_titulaire(lot=lot).organisation
    clause = make.make_clause(lot=lot, facilitateur=facilitateur)
    make.make_heures_dues(clause=clause, heures=Decimal(500))
    participant = make.make_participant(facilitateur=facilitateur, code="TEST-7K3M")
    make.make_eligibilite(participant=participant)
    make.make_affectation(participant=participant, employeur=titulaire)
    sign_up(Role.FACILITATEUR, facilitateur.organisation, sign_in)
    check()

    page.goto(lot.get_absolute_url())
    panel = page.locator("section, article, div").filter(has_text="Heures acceptées").last
    expect(panel).to_contain_text("0 h")
    check()

    page.goto(clause.get_absolute_url())
    check()
    page.locator("#id_mois").fill("2026-03")
    page.get_by_role("button", name="Ouvrir le mois").click()
    page.get_by_label("TEST-7K3M").first.fill("120,5")
    page.keyboard.press("Tab")  # from work to training, without the mouse
    page.keyboard.type("7")
    check()
    page.get_by_role("button", name="Enregistrer et transmettre").click()
    expect(page.get_by_text("1 ligne à vérifier")).to_be_visible()
    check()
    page.get_by_role("button", name="Accepter les lignes sans remarque").click()
    expect(page.get_by_text("Acceptée").first).to_be_visible()

    assert [(i.heures, i.etat) for i in Imputation.objects.all()] == [(Decimal("127.50"), "acceptee")]
    page.goto(lot.get_absolute_url())
    expect(page.locator("main")).to_contain_text("127,5\u202fh")
    expect(page.locator("main")).to_contain_text("25,5\u202f%")
    check()


def test_network_staff_publish_a_story(page, check, sign_in, tmp_path):
    reseau = make.make_reseau()
    reseau.organisation = make.make_organisation(denomination="Réseau d'essai")
    reseau.save()
    structure = make.make_structure(nom="Les Jardins du Port")
    reindex([structure.pk])
    picture = tmp_path / "equipe.png"
    picture.write_bytes(make.make_image(width=900, height=600).read())
    sign_up(Role.RESEAU, reseau.organisation, sign_in)
    check()

    page.goto("/mes-temoignages/nouveau/")
    check()
    page.get_by_label("Titre").fill("Un jardin, dix emplois")
    page.get_by_label("Résumé").fill("Une commune a confié ses jardins à un chantier d'insertion.")
    page.get_by_label("Récit").fill("## La rencontre\n\nTout a commencé par **un appel**.")
    figure = page.get_by_role("group", name="Chiffre 1")
    figure.get_by_label("Libellé").fill("Personnes embauchées")
    figure.get_by_label("Valeur").fill("10")
    figure.get_by_label("Période").fill("2025")
    figure.get_by_label("Source").fill("Bilan de la commune")
    page.get_by_label("Chercher une structure").fill("jardins")
    page.get_by_role("button", name="Chercher une structure").click()
    page.get_by_label("Les Jardins du Port").check()
    page.get_by_role("button", name="Enregistrer et passer aux photos").click()

    page.get_by_label("Image").set_input_files(picture)
    page.get_by_label("Texte alternatif").fill("Une équipe plante une haie")
    page.get_by_label("Crédit").fill("Commune d'essai")
    page.get_by_role("button", name="Ajouter la photo").click()
    expect(page.get_by_role("img", name="Une équipe plante une haie")).to_be_visible()
    check()
    page.get_by_role("link", name="Passer à la publication").click()
    check()
    page.get_by_role("link", name="Voir comme publié").last.click()
    expect(page.get_by_role("heading", level=2, name="La rencontre")).to_be_visible()
    check()
    page.go_back()
    page.get_by_role("button", name="Publier", exact=True).click()

    story = Temoignage.objects.get()
    assert story.statut == "publie"
    page.goto("/temoignages/")
    page.get_by_role("link", name="Un jardin, dix emplois").click()
    expect(page.get_by_text("Bilan de la commune")).to_be_visible()
    expect(page.get_by_role("link", name="Les Jardins du Port")).to_be_visible()
    check()
    page.goto("/")
    expect(page.get_by_role("link", name="Un jardin, dix emplois")).to_be_visible()
