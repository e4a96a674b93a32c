"""The directory as people use it: buyers who search and write, structures that keep their card, a network's file."""

import re

import pytest
from playwright.sync_api import expect

from portal.models import Envoi
from portal.permissions import Role
from structures.enums import Kind
from structures.models import Activite, Echange, Favori, Membre, Structure
from structures.search_index import reindex
from tests import factories as make
from tests.e2e.people import account, sign_up, structure_in, tab_to

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def proprete():
    return make.make_secteur(code="proprete", nom="Nettoyage et propreté", synonymes="ménage")


@pytest.fixture
def iton(normandie, proprete):
    """Two cleaners: one in Évreux, one in Louviers."""
    evreux, louviers, _ = normandie
    cards = [structure_in(evreux, "Propreté de l'Iton", proprete, effectif=31, delai_reponse_jours=3),
             structure_in(louviers, "Ateliers de Louviers", proprete, Kind.ESAT, capacite=62)]  # fmt: skip
    reindex([card.pk for card in cards])
    return cards


def test_a_search_is_done_by_keyboard_alone(page, check, iton):
    page.goto("/")
    tab_to(page, page.get_by_label("Quoi"))
    page.keyboard.type("netoyage")
    tab_to(page, page.get_by_label("Où"))
    page.keyboard.type("evreux")
    page.keyboard.press("Enter")

    results = page.locator("#resultats")
    expect(results).to_contain_text("« nettoyage »")
    check()
    tab_to(page, results.get_by_role("link", name="Propreté de l'Iton", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Propreté de l'Iton")).to_be_visible()
    check()


def test_what_is_typed_in_a_row_is_kept_and_ticks_keep_the_focus(page, iton):
    page.goto("/structures/")
    page.get_by_label("Métier, nom ou SIRET").focus()
    page.keyboard.type("nettoyage", delay=20)
    page.keyboard.press("Tab")
    page.keyboard.type("evreux", delay=40)  # results that came back meanwhile would wipe it
    page.keyboard.press("Enter")
    results = page.locator("#resultats")
    expect(results.get_by_role("list", name="Critères actifs")).to_contain_text("Évreux")
    expect(results).to_contain_text("Propreté de l'Iton")

    page.goto("/structures/?ou=eure")
    page.locator("summary", has_text="Type de structure").click()
    esat = page.locator("input[name=kind][value=ESAT]")
    esat.focus()
    page.keyboard.press("Space")
    expect(results.locator(".results-count")).to_have_text("1 structure")
    expect(esat).to_be_focused()
    expect(esat).to_be_checked()


def test_two_structures_are_compared_side_by_side(page, check, iton):
    page.goto("/structures/?q=nettoyage&ou=eure")
    page.get_by_role("link", name="Comparer Propreté de l'Iton").click()
    chosen = page.get_by_role("region", name="Structures à comparer")
    expect(chosen).to_contain_text("au moins une autre")
    page.get_by_role("link", name="Comparer Ateliers de Louviers").click()
    check()
    chosen.get_by_role("link", name="Comparer 2 structures").click()

    expect(page.get_by_role("heading", level=1, name="Comparer des structures")).to_be_visible()
    table = page.get_by_role("table")
    heads = table.get_by_role("columnheader")
    assert [name.split("\n")[0] for name in heads.locator("a:first-of-type").all_inner_texts() if "Retirer" not in name
            ] == ["Propreté de l'Iton", "Ateliers de Louviers"]  # fmt: skip
    expect(table).to_contain_text("31")
    expect(table).to_contain_text("62")
    check()
    page.get_by_role("link", name="Retirer Ateliers de Louviers").click()
    expect(page.get_by_role("table")).not_to_contain_text("Ateliers de Louviers")
    page.get_by_role("link", name="Revenir à la recherche").click()
    expect(page.get_by_role("link", name="Ateliers de Louviers", exact=True)).to_be_visible()


def test_a_buyer_keeps_a_card_and_writes_to_it(page, new_page, check, sign_in, iton):
    card, acheteur = iton[0], make.make_acheteur()
    card.courriel = "accueil@iton-proprete.fr"
    card.save()
    buyer = sign_up(Role.ACHETEUR, acheteur.organisation, sign_in)
    page.goto(card.get_absolute_url())
    page.get_by_text("Ajouter à une liste").click()
    page.get_by_label("Nom de la nouvelle liste").fill("Écoles 2027")
    check()
    page.get_by_role("button", name="Ajouter", exact=True).click()
    page.get_by_role("link", name="Écoles 2027").first.click()
    page.get_by_role("link", name="Ajouter une note sur Propreté de l'Iton").click()
    page.get_by_label("Note").fill("Rencontrée au salon, répond vite.")
    check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("article").filter(has_text="Propreté de l'Iton")).to_contain_text("Rencontrée au salon")
    check()
    page.goto("/structures/favoris/")
    expect(page.get_by_role("article").filter(has_text="Écoles 2027")).to_contain_text("1 structure")
    check()
    assert Favori.objects.get().liste.organisation == acheteur.organisation

    page.goto(card.get_absolute_url())
    page.get_by_role("link", name="Écrire à la structure").click()
    check()
    page.get_by_label("Objet").fill("Écoles de la ville")
    page.get_by_label("Votre message").fill("Auriez-vous une équipe en septembre ?")
    page.get_by_role("button", name="Envoyer le message").click()
    expect(page.get_by_role("heading", level=1, name="Écoles de la ville")).to_be_visible()
    check()

    # Somebody of the structure answers, in another browser.
    other = new_page()
    member = sign_up(Role.STRUCTURE, card.organisation, sign_in, on=other)
    other.goto("/structures/echanges/")
    expect(other.get_by_role("article")).to_contain_text("1 nouveau message")
    check(other)
    other.get_by_role("link", name="Écoles de la ville").click()
    expect(other.get_by_text("Auriez-vous une équipe en septembre")).to_be_visible()
    assert buyer.email not in other.content()
    check(other)
    other.get_by_label("Votre message").fill("Oui, cinq personnes à partir du 1er septembre.")
    other.get_by_role("button", name="Envoyer", exact=True).click()
    expect(other.get_by_text("Votre message est transmis")).to_be_visible()

    page.goto("/structures/echanges/")
    expect(page.get_by_role("article")).to_contain_text("1 nouveau message")
    page.get_by_role("link", name="Écoles de la ville").click()
    expect(page.get_by_text("cinq personnes à partir du 1er septembre")).to_be_visible()
    said = page.content()
    assert member.email not in said
    assert card.courriel not in said
    check()
    assert Echange.objects.get().messages.filter(lu_le=None).count() == 0


def test_a_card_is_claimed_then_kept(page, check, sign_in, normandie, proprete):
    evreux, _, _ = normandie
    jardins = make.make_secteur(code="espaces-verts", nom="Espaces verts")
    card = structure_in(evreux, "Jardins de l'Iton", proprete, courriel="contact@jardins-iton.fr")
    reindex([card.pk])
    user = account("moi@exemple.fr")
    sign_in(user.email, make.PASSWORD)

    page.goto(card.get_absolute_url())
    page.get_by_role("link", name="Prenez la fiche en main").click()
    check()
    page.get_by_label("SIRET").fill(card.organisation.identifiant)
    page.get_by_label("adresse électronique professionnelle").fill("direction@jardins-iton.fr")
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_text("direction@jardins-iton.fr")).to_be_visible()
    check()
    assert not Membre.objects.filter(user=user).exists()
    sent = Envoi.objects.get(destinataire="direction@jardins-iton.fr")
    page.goto(re.search(r"/structures/rattachements/lien/\S+", sent.texte).group())
    check()
    page.get_by_role("button", name="Je confirme").click()
    expect(page.get_by_text("Vous faites maintenant partie de cette structure")).to_be_visible()
    assert Membre.objects.get(user=user).organisation == card.organisation

    page.goto(f"/structures/{card.pk}/modifier/")
    check()
    page.get_by_role("link", name="Modifier Présentation").click()
    page.get_by_label("description").fill("Massifs, tontes et plantations, sans produit chimique, dans toute l'Eure.")
    check()
    page.get_by_role("button", name="Enregistrer").click()
    page.goto(f"/structures/{card.pk}/modifier/activites/")
    check()
    page.get_by_role("link", name="Ajouter une activité").click()
    page.get_by_label("Secteur").select_option(str(jardins.pk))
    page.get_by_role("textbox", name="Lieux").fill("Eure")
    page.get_by_role("button", name="Prévisualiser").click()
    reach = page.locator("#portee")
    expect(reach).to_contain_text("Vous apparaîtrez dans les recherches de")
    expect(reach).to_contain_text("Eure")
    assert not Activite.objects.filter(secteur=jardins).exists()
    check()
    page.locator(".form-actions").get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", level=2, name="Espaces verts")).to_be_visible()

    page.goto(card.get_absolute_url())
    expect(page.get_by_text("Massifs, tontes et plantations")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Espaces verts")
    check()
    page.goto("/structures/?q=plantations&ou=louviers")  # a town of the zone, a word of the text
    expect(page.locator("#resultats").get_by_role("link", name="Jardins de l'Iton", exact=True)).to_be_visible()
    page.goto(f"/structures/{card.pk}/historique/")
    expect(page.locator("main")).to_contain_text("sans produit chimique")
    check()


def test_a_network_brings_a_file_and_takes_it_back(page, check, sign_in, iton, tmp_path):
    known, new = iton[0], make.make_siret()
    reseau = make.make_reseau(nom="Réseau d'essai", organisation=make.make_organisation())
    table = tmp_path / "adherents.csv"
    table.write_text(
        "N° d'établissement;Appellation;Ce que c'est;Métiers;Courriel\n"
        f"{known.organisation.identifiant};Propreté de l'Iton;EI;Nettoyage et propreté;accueil@iton.fr\n"
        f"{new};Les Bocaux d'Évreux;ACI;Nettoyage et propreté;accueil@bocaux.fr\n"
        "123;Sans numéro;EI;Nettoyage et propreté;\n",
        encoding="utf-8",
    )
    sign_up(Role.RESEAU, reseau.organisation, sign_in)
    page.goto("/structures/importer/")
    check()
    page.get_by_label("Fichier à importer").set_input_files(table)
    page.get_by_role("button", name="Lire le fichier").click()

    expect(page.get_by_role("heading", level=1, name="Que contiennent les colonnes")).to_be_visible()
    check()
    for field, header in (
        ("SIRET", "N° d'établissement"),
        ("Nom", "Appellation"),
        ("Type de structure", "Ce que c'est"),
    ):
        page.get_by_label(field, exact=True).or_(page.get_by_label(f"{field}*", exact=True)).select_option(header)
    page.get_by_role("button", name="Voir ce que l’import donnera").click()

    preview = page.get_by_role("table", name="Premières lignes, telles que nous les comprenons")
    expect(preview).to_contain_text("Les Bocaux d'Évreux")
    expect(page.locator("main")).to_contain_text("123")  # the line set aside, with its reason
    check()
    assert not Structure.objects.filter(nom="Les Bocaux d'Évreux").exists()
    page.get_by_role("button", name="Importer", exact=True).click()

    expect(page.get_by_role("heading", level=1, name="Importation de adherents.csv")).to_be_visible()
    expect(page.locator(".figures li").filter(has_text="créé")).to_contain_text("1")
    expect(page.get_by_role("table").filter(has_text="123").first).to_be_visible()
    check()
    brought = Structure.objects.listed().get(nom="Les Bocaux d'Évreux")
    assert list(brought.reseaux.all()) == [reseau]
    page.goto("/structures/importations/")
    expect(page.locator("main")).to_contain_text("adherents.csv")
    check()

    page.go_back()
    page.get_by_role("link", name="Annuler cet import").click()
    check()
    page.get_by_role("button", name="Annuler cet import").click()
    expect(page.get_by_role("heading", level=2, name="Cet import a été annulé")).to_be_visible()
    check()
    assert not Structure.objects.listed().filter(nom="Les Bocaux d'Évreux").exists()
    known.refresh_from_db()
    assert known.courriel == ""


def test_a_buyer_checks_a_list_of_suppliers(page, check, sign_in, iton, tmp_path):
    number = iton[0].organisation.identifiant
    other_site = make.make_siret(number[:9], nic=77)
    table = tmp_path / "fournisseurs.csv"
    table.write_text(
        f"Fournisseur;SIRET\nIton;{number}\nIton bis;{other_site}\nInconnu;{make.make_siret()}\n"
        f"Iton encore;{number}\nFaux;12345678901234\n",
        encoding="utf-8",
    )
    sign_up(Role.ACHETEUR, make.make_acheteur().organisation, sign_in)
    page.goto("/structures/fournisseurs/")
    page.get_by_label("SIRET ou SIREN du fournisseur").fill(f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}")
    page.get_by_role("button", name="Vérifier").click()
    expect(page.get_by_text("Oui, l’annuaire connaît cet établissement")).to_be_visible()
    check()
    page.get_by_role("link", name="Vérifier toute une liste").click()
    check()
    page.get_by_label("choisissez un fichier").set_input_files(table)
    page.get_by_role("button", name="Vérifier la liste").click()

    expect(page.get_by_role("heading", level=1, name="Vos fournisseurs dans l’annuaire")).to_be_visible()
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.nth(0).get_by_role("link", name="Propreté de l'Iton")).to_be_visible()
    expect(rows.nth(3)).to_contain_text("Déjà en ligne")
    expect(rows.nth(4)).to_contain_text("12345678901234")
    check()
    page.locator(".figures").get_by_role("link").filter(has_text="double").click()
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "Iton encore" in download.value.path().read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="L’effacer maintenant").click()
    expect(page.get_by_role("heading", level=1, name="Vérifier une liste de fournisseurs")).to_be_visible()
