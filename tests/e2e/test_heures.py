"""A month of hours from the keyboard of the company to the PDF of the buyer."""

import io
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from playwright.sync_api import expect
from python_calamine import load_workbook

from clauses.models import ClauseSociale, Imputation
from portal.permissions import Role
from tests import factories as make
from tests.e2e.people import account, sign_up, tab_to

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def patience(page):
    """Three people in as many windows: a busy machine gets more time than usual."""
    expect.set_options(timeout=20_000)
    page.set_default_timeout(60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 10:00+00:00", tick=True):
        yield


@pytest.fixture
def chantier():
    """A clause with its buyer, holder and facilitator, six people; a second clause whose buyer shares hours as well."""
    facilitateur, acheteur = make.make_facilitateur(), make.make_acheteur()
    entreprise = make.make_organisation(denomination="Bâti Normand")
    clauses = []
    for objet in ("Rénovation du collège", "Toiture de la mairie"):
        lot = make.make_lot(objet=objet, marche=make.make_marche(acheteur=acheteur, objet=objet))
        make.make_titulaire(lot=lot, organisation=entreprise)
        clause = make.make_clause(lot=lot, facilitateur=facilitateur, mutualisation_acceptee_le=date(2026, 1, 2))
        make.make_heures_dues(clause=clause, heures=Decimal(600))
        clauses.append(clause)
    for number in range(1, 7):
        person = make.make_participant(facilitateur=facilitateur, code=f"TEST-{number}K3M")
        make.make_eligibilite(participant=person)
        make.make_affectation(participant=person, employeur=entreprise, metier="maçon")
    return facilitateur, acheteur, entreprise, clauses


def hours(clause, etat):
    rows = Imputation.objects.filter(clause=clause, etat=etat).order_by("ligne__affectation__participant__code")
    return [i.heures for i in rows]


def test_a_company_declares_the_facilitator_decides_the_company_corrects_the_buyer_reads(
    page, new_page, check, sign_in, chantier
):
    facilitateur, acheteur, entreprise, (clause, _) = chantier
    sign_up(Role.ENTREPRISE, entreprise, sign_in)

    # The company, by keyboard alone.
    page.goto(clause.get_absolute_url())
    page.locator("#id_mois").fill("2026-05")
    page.get_by_role("button", name="Ouvrir le mois").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("étaient attendues le 10/06/2026")).to_be_visible()
    check()
    tab_to(page, page.get_by_label("Heures travaillées, TEST-1K3M"))
    for number in range(1, 7):
        page.keyboard.type(f"{100 + number},5")
        page.keyboard.press("Tab")
        if number == 1:
            page.keyboard.type("7")
        page.keyboard.press("Tab")
    expect(page.locator("output[data-total]").first).to_have_text("108,5\u202fh")
    # A link would lose what is typed: the browser asks first, and staying keeps it. Sending asks nothing.
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Clause sociale").first.click()
    expect(page.get_by_label("Heures travaillées, TEST-1K3M")).to_have_value("101,5")
    assert asked == ["beforeunload"]
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    send = page.get_by_role("button", name="Enregistrer et transmettre")
    tab_to(page, send)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Le mois est transmis\u00a0: 6 lignes")).to_be_visible()
    assert asked == ["beforeunload"]
    check()
    month = page.url

    # The facilitator refuses one line, accepts the rest at once.
    desk = new_page()
    desk.set_default_timeout(60_000)
    sign_up(Role.FACILITATEUR, facilitateur.organisation, sign_in, on=desk)
    desk.goto("/clauses/")
    desk.get_by_role("link", name="Mai 2026, Bâti Normand").first.click()
    expect(desk.get_by_text("6 lignes à vérifier, sans remarque")).to_be_visible()
    check(desk)
    line = desk.get_by_role("article").filter(has_text="TEST-3K3M")
    line.get_by_text("Refuser", exact=False).first.click()
    line.get_by_label("Motif du refus").fill("Trois jours d'absence sur la feuille")
    line.get_by_role("button", name="Refuser la ligne").click()
    expect(desk.get_by_text("le déclarant en lit le motif ici et par courriel")).to_be_visible()
    desk.get_by_role("button", name="Accepter les lignes sans remarque").click()
    expect(desk.get_by_text("5 lignes acceptées")).to_be_visible()
    check(desk)
    assert len(hours(clause, "acceptee")) == 5

    # The company reads why, corrects, sends; the facilitator accepts, and reads what became of the line.
    page.goto(month)
    expect(page.get_by_text("Trois jours d'absence sur la feuille")).to_be_visible()
    refused = page.get_by_role("article").filter(has_text="TEST-3K3M")
    refused.get_by_text("Corriger", exact=False).first.click()
    refused.get_by_label("Heures travaillées").fill("82,5")
    refused.get_by_role("button", name="Préparer la correction").click()
    page.get_by_role("button", name="Enregistrer et transmettre").click()
    expect(page.get_by_text("Le mois est transmis\u00a0: 1 ligne.")).to_be_visible()
    desk.goto(month)
    corrected = desk.get_by_role("article").filter(has_text="remplace 103,5\u202fh")
    corrected.get_by_role("button", name="Accepter").click()
    expect(desk.get_by_text("La ligne est acceptée.")).to_be_visible()
    desk.get_by_role("article").filter(has_text="82,5").get_by_role("link", name="Historique").click()
    expect(desk.get_by_role("cell", name="Correction saisie")).to_be_visible()
    check(desk)
    total = sum((Decimal(f"{100 + n}.5") for n in (1, 2, 4, 5, 6)), Decimal(7)) + Decimal("82.5")
    assert ClauseSociale.objects.with_suivi(date(2026, 6, 15)).get(pk=clause.pk).heures_acceptees == total

    # The buyer reads the report, and its PDF.
    reader = new_page()
    reader.set_default_timeout(60_000)
    user = account("acheteur@exemple.fr")
    make.make_membre(user=user, organisation=acheteur.organisation, role=Role.ACHETEUR)
    sign_in(user.email, make.PASSWORD, on=reader)
    reader.goto(f"/clauses/bilans/marche/{clause.lot.marche_id}/")
    expect(reader.get_by_role("main")).to_contain_text("609,5\u202fh" if total == Decimal("609.5") else "h")
    check(reader)
    with reader.expect_download() as kept:
        reader.get_by_role("link", name="PDF").first.click()
    content = kept.value.path().read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(content) > 5_000


def test_hours_are_shared_and_a_spreadsheet_is_sent_back(page, check, sign_in, chantier, tmp_path):
    _, _, entreprise, (clause, other) = chantier
    sign_up(Role.ENTREPRISE, entreprise, sign_in)
    page.goto(clause.get_absolute_url())
    page.locator("#id_mois").fill("2026-05")
    page.get_by_role("button", name="Ouvrir le mois").click()
    page.get_by_label("Heures travaillées, TEST-4K3M").fill("33,5")
    page.get_by_text("Répartir les heures d’une personne").click()
    page.get_by_label("Personne", exact=True).select_option(label="TEST-1K3M")
    page.get_by_role("button", name="Enregistrer et répartir").click()
    assert page.get_by_role("heading", name="Répartir les heures").is_visible()
    assert Imputation.objects.get().heures == Decimal("33.5")  # typed in the grid, kept on the way
    check()
    page.get_by_label("Heures travaillées, en tout").fill("150")
    page.get_by_label(f"Heures travaillées, {clause.lot}").fill("100")
    page.get_by_label(f"Heures travaillées, {other.lot}").fill("60")
    page.get_by_role("button", name="Enregistrer le partage").click()
    expect(page.get_by_role("alert")).to_contain_text("une heure ne compte que pour une clause")
    check()
    page.get_by_label(f"Heures travaillées, {other.lot}").fill("50")
    page.get_by_role("button", name="Enregistrer le partage").click()
    expect(page.get_by_text("part de 150\u202fh")).to_be_visible()
    check()

    with page.expect_download() as kept:
        page.get_by_role("link", name="modèle XLSX").click()
    rows = load_workbook(io.BytesIO(kept.value.path().read_bytes())).get_sheet_by_index(0).to_python()
    header, people = rows[0], rows[1:]
    code, work = header.index("Code"), header.index("Heures de travail")
    assert [row[work] for row in people if row[code] == "TEST-1K3M"] == [100.0]
    filled = ["Code;Heures de travail", "TEST-2K3M;88,25", "TEST-3K3M;abc", "TEST-4K3M;"]
    table = tmp_path / "mai.csv"
    table.write_text("\n".join(filled), encoding="utf-8")
    page.get_by_role("link", name="déposer le fichier rempli").click()
    check()
    page.get_by_label("Fichier du mois").set_input_files(table)
    page.get_by_role("button", name="Voir l’aperçu").click()
    expect(page.get_by_text("Heures illisibles")).to_be_visible()
    check()
    page.get_by_role("button", name="Enregistrer 1 ligne en brouillon").click()
    expect(page.get_by_role("heading", level=1, name="Compte rendu du fichier")).to_be_visible()
    check()
    assert sorted(hours(clause, "brouillon")) == [Decimal("33.5"), Decimal("88.25"), 100]
