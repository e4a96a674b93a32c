"""The register as people use it: a buyer who types, a structure that answers, files read and taken back, sites."""

import json
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from marches.enums import FormeGroupement, Reservation
from marches.models import Agenda, Groupement, Lot, Marche
from marches.upsert import reindex
from portal.permissions import Role
from structures.enums import Kind
from tests import factories as make
from tests.e2e.people import sign_up, structure_in, tab_to

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def jardins(normandie):
    return make.make_secteur(code="espaces-verts", nom="Espaces verts")


def choose(page, field, value):
    """Choose in a list by keyboard: down to the first choice that begins so."""
    tab_to(page, field)
    page.keyboard.press("Home")
    for _ in range(field.locator("option").count()):
        if field.evaluate("list => list.selectedOptions[0].text").startswith(value):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{value} n'est pas dans la liste")


def test_a_buyer_types_a_contract_corrects_what_the_law_forbids_then_publishes(page, check, sign_in, jardins):
    sign_up(Role.ACHETEUR, make.make_acheteur().organisation, sign_in)
    page.goto("/marches/nouveau/")
    check()
    tab_to(page, page.locator("#id_objet"))
    page.keyboard.type("Entretien des parcs")
    choose(page, page.locator("#id_type"), "Services")
    tab_to(page, page.locator("#id_date_lancement"))
    page.locator("#id_date_lancement").fill("2020-10-01")  # the parts of a day are typed in the order of the machine
    tab_to(page, page.locator("#id_lot-numero"))
    page.keyboard.type("1")
    tab_to(page, page.locator("#id_lot-objet"))
    page.keyboard.type("Parcs du nord")
    choose(page, page.locator("#id_lot-reservation"), "Réservé handicap et insertion")
    tab_to(page, page.locator("#id_lot-montant_estime"))
    page.keyboard.type("30 000")
    tab_to(page, page.locator("#id_lot-duree_mois"))
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Entretien des parcs")).to_be_visible()
    check()

    tab_to(page, page.get_by_role("link", name="Ajouter un lot"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Numéro de lot")).to_be_visible()
    tab_to(page, page.get_by_label("Numéro de lot"))
    page.keyboard.type("2")
    tab_to(page, page.locator("#id_objet"))
    page.keyboard.type("Parcs du sud")
    check()
    tab_to(page, page.locator(".form-actions button[type=submit]").first)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Parcs du sud")
    marche = Marche.objects.get()
    assert marche.lots.count() == 2
    assert not marche.publie

    # Two reservations in one lot: the law of its launch did not know it.
    page.goto(f"/marches/{marche.pk}/publier/")
    expect(page.locator("main")).to_contain_text("Ce marché reste un brouillon")
    expect(page.locator("main")).to_contain_text("9 décembre 2020")
    expect(page.get_by_role("button", name="Publier le marché")).to_have_count(0)
    check()
    page.goto(f"/marches/lots/{marche.lots.get(numero='1').pk}/modifier/")
    check()
    page.locator("#id_reservation").select_option(Reservation.INSERTION.value)
    page.locator(".form-actions button[type=submit]").first.click()
    expect(page.get_by_role("heading", level=1, name="Lot 1")).to_be_visible()
    page.goto(f"/marches/{marche.pk}/publier/")
    if page.locator("#id_justification").count():
        page.locator("#id_justification").fill("Relu avec le service juridique.")
    check()
    page.get_by_role("button", name="Publier le marché").click()
    expect(page.get_by_text("Le marché est publié")).to_be_visible()
    marche.refresh_from_db()
    assert marche.publie
    check()


def test_a_structure_asks_whether_it_may_answer_then_prepares_a_group(page, check, sign_in, normandie, jardins):
    evreux, louviers, _ = normandie
    mine = structure_in(evreux, "Jardins de l'Iton", jardins)
    partner = structure_in(louviers, "Atelier de Louviers", jardins, Kind.ESAT)
    marche = make.make_marche(objet="Parcs et massifs", date_lancement=date(2026, 11, 2))
    make.make_lot(marche=marche, numero="1", objet="Massifs", reservation=Reservation.LES_DEUX)
    reindex([marche.pk])
    sign_up(Role.STRUCTURE, mine.organisation, sign_in)
    page.goto("/marches/")
    page.get_by_role("link", name="Parcs et massifs").click()
    page.get_by_role("link", name="Lot 1 : Massifs").click()
    check()
    page.get_by_role("link", name="Puis-je répondre, seul ou à plusieurs").click()
    answer = page.locator("#reponse")
    expect(answer).to_contain_text("Jardins de l'Iton")
    page.get_by_label("Autres partenaires").fill(partner.organisation.identifiant)
    page.get_by_role("button", name="Voir la réponse").click()
    expect(answer).to_contain_text("En groupement")
    expect(answer).to_contain_text("Atelier de Louviers")
    expect(answer.locator(".tag-blocage")).to_have_count(0)
    check()

    page.get_by_role("link", name="Lot 1 : Massifs").first.click()
    page.get_by_role("link", name="Préparer un groupement").click()
    check()
    page.get_by_label("Structure ou entreprise").nth(1).fill(partner.organisation.identifiant)
    for rank, share in enumerate(("60", "40")):
        page.get_by_label("Part (%)").nth(rank).fill(share)
        page.get_by_label("Ses tâches").nth(rank).fill("Plantations" if rank else "Tontes")
    page.get_by_role("button", name="Enregistrer le groupement").click()
    members = page.get_by_role("region", name="2 membres")
    expect(members).to_contain_text("Atelier de Louviers")
    expect(members).to_contain_text("Plantations")
    check()
    group = Groupement.objects.get()
    assert (group.forme, group.retenu) == (FormeGroupement.CONJOINT, False)

    page.get_by_role("link", name="Version à imprimer").click()
    expect(page.get_by_role("heading", level=2, name="Le groupement")).to_be_visible()
    expect(page.locator("main, body").first).to_contain_text("Tontes")
    check()
    page.context.clear_cookies()
    assert page.request.get(f"/marches/groupements/{group.pk}/").status == 404  # nobody else's business


def test_a_file_is_checked_imported_then_taken_back(page, check, sign_in, normandie, tmp_path):
    buyer = make.make_siret()
    row = {
        "id": "2026-1", "acheteur": {"id": buyer}, "nature": "Marché", "codeCPV": "77310000",
        "objet": "Entretien des parcs - Lot 1 : Massifs", "procedure": "Procédure adaptée", "dureeMois": 12,
        "lieuExecution": {"code": "27229", "typeCode": "Code commune"}, "dateNotification": "2026-02-02",
        "datePublicationDonnees": "2026-02-10", "montant": 18000, "formePrix": "Unitaire",
        "titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": make.make_siret()}}],
        "considerationsSociales": {"considerationSociale": ["Marché réservé"]},
    }  # fmt: skip
    wrong = row | {"id": "2026-2", "objet": "Entretien des parcs - Lot 2 : Tontes", "montant": 10**17}
    file = tmp_path / "marches.json"
    file.write_text(json.dumps({"marches": {"marche": [row, wrong]}}), encoding="utf-8")
    sign_up(Role.ADMINISTRATION, make.make_organisation(), sign_in)
    page.get_by_role("link", name="Importer des marchés").click()
    check()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Lire le fichier").click()
    expect(page.get_by_role("heading", level=1, name="Ce que contient le fichier")).to_be_visible()
    expect(page.locator("main")).to_contain_text("DECP 2022")
    check()
    assert not Lot.objects.exists()

    page.get_by_role("button", name="Importer", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="marches.json")).to_be_visible()
    expect(page.locator(".figures li").filter(has_text="créés")).to_contain_text("2")
    expect(page.locator("main")).to_contain_text("Montant invraisemblable")
    check()
    assert Marche.objects.get().lots.count() == 2  # two numbered lots of one title
    page.goto("/marches/")
    expect(page.locator("#resultats")).to_contain_text("2 lots")
    page.go_back()

    page.get_by_role("link", name="Annuler cet import").click()
    check()
    page.get_by_role("button", name="Annuler cet import").click()
    expect(page.get_by_role("heading", level=2, name="Cet import a été annulé")).to_be_visible()
    check()
    assert not Lot.objects.exists()


def test_a_buyer_gives_sites_to_holders_and_opens_the_calendar(page, check, sign_in, normandie):
    evreux, louviers, _ = normandie
    acheteur = make.make_acheteur()
    today = date.today()
    lot = make.make_lot(
        marche=make.make_marche(acheteur=acheteur, objet="Collèges"), objet="Ménage des collèges", duree_mois=12,
        reconductions=2, reconduction_mois=12, date_notification=today - timedelta(days=200),
        date_debut=today - timedelta(days=200), date_fin=today + timedelta(days=165),
    )  # fmt: skip
    holder = make.make_titulaire(lot=lot).organisation
    for name, town in (("Collège de l'Iton", evreux), ("Collège de Louviers", louviers)):
        make.make_site(acheteur=acheteur, nom=name, commune=town)
    sign_up(Role.ACHETEUR, acheteur.organisation, sign_in)
    page.goto(lot.get_absolute_url())
    check()
    page.get_by_role("link", name="Confier les sites").click()
    page.get_by_role("link", name="Ajouter des sites").first.click()
    check()
    page.get_by_role("button", name="Ajouter les 2 trouvés").click()
    expect(page.locator("main")).to_contain_text("2 n’ont personne")
    page.get_by_role("checkbox", name="Choisir Collège de l'Iton").check()
    page.get_by_label("Confier à").select_option(label=holder.nom)
    check()
    page.get_by_role("button", name="Confier", exact=True).click()
    expect(page.locator("main")).to_contain_text("1 n’a personne")
    page.get_by_label("Quels sites").select_option(label="Tous les sites qui n'ont personne")
    page.get_by_label("Confier à").select_option(label=holder.nom)
    page.get_by_role("button", name="Confier", exact=True).click()
    expect(page.locator("main")).to_contain_text("tous confiés")
    assert set(lot.sites.values_list("organisation", flat=True)) == {holder.pk}
    check()

    page.goto("/tableau-de-bord/")
    page.get_by_role("link", name="Échéances et agenda").click()
    expect(page.locator("main")).to_contain_text("Décider de la reconduction 1")
    check()
    page.get_by_role("button", name="Créer l’adresse").click()
    address = page.get_by_label("Adresse de l’agenda").input_value()
    check()
    assert Agenda.objects.exists()
    page.context.clear_cookies()  # an agenda has no session
    calendar = page.request.get(address.replace(address.partition("/marches/")[0], ""))
    text = calendar.text().replace("\r\n ", "")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert "BEGIN:VCALENDAR" in text
    assert "Décider de la reconduction 1" in text
