"""What a buyer really bought: cells, files, matching, figures, exports."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.importers.achats import CHAMPS, Ecartee, lire_annee, lire_montant, secteurs_of
from marches.models import AchatRealise, FichierAchats
from marches.stats.achats import synthese
from portal.correspondance import propose
from portal.models import Depot
from portal.tables import read_table, write_xlsx
from portal.templatetags.formats import nombre
from structures.enums import Kind
from tests.conftest import sign_in
from tests.factories import (
    make_achat_realise,
    make_activite,
    make_fichier_achats,
    make_membre,
    make_organisation,
    make_secteur,
    make_siren,
    make_siret,
    make_structure,
)

TABLEAU, DEPOSER, RAPPROCHER = (
    reverse(f"marches:{name}") for name in ("achats", "achats_deposer", "achats_rapprocher")
)
EXPORT, SYNTHESE = reverse("marches:achats_export"), reverse("marches:achats_synthese")
ON = date(2026, 11, 22)
D = Decimal
HEADER = "SIRET fournisseur;Raison sociale;Montant HT;Date facture;Famille;Service\n"


# Cells --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1 234,56", "1234.56"), ("1\u00a0234,56 €", "1234.56"), ("1\u202f234,5", "1234.50"), ("1234.56", "1234.56"),
        ("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("1.234.567", "1234567"), ("1,234,567", "1234567"),
        ("-12,5", "-12.50"), ("−12,5", "-12.50"), ("(12,50)", "-12.50"), ("12,50-", "-12.50"), ("+7", "7"),
        ("7 EUR", "7"), ("7,00 € HT", "7"), ("1'234,00", "1234"), ("0,005", "0.01"), ("1,005", "1.01"),
        ("999999999,99", "999999999.99"), ("0.125", "0.13"), ("12,", "12"),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text, amount):
    assert lire_montant(text) == D(amount)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "absent"), ("€", "absent"), ("abc", "illisible"), ("NaN", "illisible"), ("1e400", "illisible"),
        ("Infinity", "illisible"), ("=1+1", "illisible"), ("12/03/2025", "illisible"), ("1.2.3", "illisible"),
        ("1 000 000 000", "milliard"), ("100000000000000000", "milliard"), ("-1000000000", "milliard"),
        ("9" * 500, "illisible"), ("0", "nul"), ("0,001", "nul"), ("1.234", "ambigu"), ("--5", "illisible"),
        ("١٢", "illisible"), ("1\x00", "illisible"),
    ],
)  # fmt: skip
def test_what_is_no_amount_says_why(text, words):
    with pytest.raises(Ecartee, match=words):
        lire_montant(text)


def test_a_point_is_decimal_in_a_workbook():
    assert lire_montant("1.234", classeur=True) == D("1.23")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2025", 2025), ("2025-03-12", 2025), ("2025-03-12 10:00:00", 2025), ("12/03/2025", 2025), ("12/03/25", 2025),
        ("03/2025", 2025), ("20250312", 2025), ("2025/03", 2025), ("12.03.2025", 2025), ("2000", 2000), ("2026", 2026),
    ],
)  # fmt: skip
def test_years_as_people_write_them(text, year):
    assert lire_annee(text, ON) == year


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "illisible"), ("hier", "illisible"), ("31/02/2025", "illisible"), ("99/99/2025", "illisible"),
        ("0000", "illisible"), ("1999", "hors limites"), ("2027", "hors limites"), ("9999-01-01", "hors limites"),
        ("45678", "illisible"), ("9" * 40, "illisible"), ("٢٠٢٥", "illisible"), ("2025\x00", "illisible"),
    ],
)  # fmt: skip
def test_what_is_no_date_says_why(text, words):
    with pytest.raises(Ecartee, match=words):
        lire_annee(text, ON)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (HEADER.strip(), "siret montant date fournisseur categorie entite"),
        ("N° SIRET;Tiers;Montant TTC;Montant HT;Exercice", "siret fournisseur montant date"),
        ("Siren;Dépense;Année;Direction", "siret montant date entite"),
    ],
)
def test_columns_are_guessed(header, expected):
    found = propose(header.split(";"), CHAMPS)
    assert set(found) == set(expected.split())
    assert found["montant"] != "Montant TTC"


# A whole file -------------------------------------------------------------------------------------------------------
pytestmark = pytest.mark.django_db


def upload(text, name="achats.csv"):
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())


def sent(client, text, name="achats.csv", **columns):
    """The answers to: the file, its columns (as guessed, but for `columns`), the confirmation."""
    page = client.post(DEPOSER, {"fichier": upload(text, name)}, follow=True)
    if not page.redirect_chain:
        return page
    form = page.context["form"]
    given = {name: form.initial.get(name) or "" for name in form.fields} | columns
    page = client.post(page.redirect_chain[-1][0], given, follow=True)
    return client.post(page.redirect_chain[-1][0], follow=True) if page.redirect_chain else page


def test_a_file_goes_from_columns_to_preview_to_report(client_acheteur):
    siren = make_siren()
    ei, esat = make_structure(kind=Kind.EI, siege_qpv=True), make_structure(
        kind=Kind.ESAT, organisation=make_organisation(identifiant=make_siret(siren, 1))
    )  # fmt: skip
    secteur = make_secteur()
    make_activite(structure=ei, secteur=secteur)
    lines = [
        f"{ei.organisation.identifiant};Les Jardins;1 234,56;12/03/2025;Espaces verts;Parcs",
        f"{make_siret(siren, 2)};Atelier;100;2025-01-02;Mise sous pli;Courrier",
        f"{make_siret()};Ordinaire;865,44;2025;;",
        f"{ei.organisation.identifiant};Les Jardins;-34,56;2025;Espaces verts;Parcs",
        ";Sans numéro;500;2025;;",
        ";;9999;2025;;",
        "Total;;12000;;;",
        "x;Montant faux;abc;2025;;",
        f"{make_siret()};Futur;10;2031;;",
    ]
    page = client_acheteur.post(DEPOSER, {"fichier": upload(HEADER + "\n".join(lines))}, follow=True)
    colonnes = page.redirect_chain[-1][0]
    given = {name: page.context["form"].initial.get(name) or "" for name in page.context["form"].fields}
    assert given["siret"] == "SIRET fournisseur"
    apercu = client_acheteur.post(colonnes, given, follow=True)
    context = apercu.context
    assert (context["gardees"], context["ecartes"], context["sans_siret"], context["inclusifs"]) == (5, 4, 1, 1)
    assert context["total"] == D("2665.44")
    assert [connu.kind for _, connu in context["lignes"]] == ["EI", "", "", "EI", ""]
    assert not AchatRealise.objects.exists()

    report = client_acheteur.post(apercu.redirect_chain[-1][0], follow=True)
    fichier = FichierAchats.objects.get()
    assert report.context["fichier"] == fichier
    assert [(ecart.ligne, ecart.valeur) for ecart in report.context["ecartes"]] == [
        (7, ""), (8, "Total"), (9, "abc"), (10, "2031"),
    ]  # fmt: skip
    assert not Depot.objects.exists()
    first = AchatRealise.objects.get(ligne=2)
    assert (first.structure, first.kind, first.secteur, first.qpv, first.annee) == (ei, "EI", secteur, True, 2025)
    assert (first.categorie, first.entite, first.organisation) == (
        "Espaces verts", "Parcs", client_acheteur.acteur_organisation,
    )  # fmt: skip
    other = AchatRealise.objects.get(ligne=3)
    assert (other.structure, other.kind) == (esat, "")

    found = client_acheteur.get(TABLEAU).context["synthese"]
    assert (found.ensemble.total, found.ensemble.inclusif, found.ensemble.autre) == (D("2665.44"), D(1200), D(100))
    assert found.kinds == [(Kind.EI, D(1200))]
    assert [amount for _, amount in found.familles] == [D(1200), 0, 0]
    assert found.secteurs == [(secteur.nom, D(1200))]
    assert found.qpv == [("Siège en QPV", D(1200))]
    assert found.autres[0]["siret_fournisseur"] == make_siret(siren, 2)


def test_the_same_file_twice_is_refused_with_its_date(client_acheteur, client_administration):
    text = HEADER + f"{make_siret()};A;1;2025;;"
    sent(client_acheteur, text)
    page = sent(client_acheteur, text, name="autre-nom.csv")
    assert "a déjà été envoyé le" in page.content.decode()
    assert not Depot.objects.exists()
    other = sign_in(client_acheteur.acteur.role)
    sent(other, text)
    assert FichierAchats.objects.count() == 2


def test_confirming_twice_saves_once(client_acheteur):
    text = HEADER + f"{make_siret()};A;1;2025;;"
    pages = []
    for _ in range(2):
        page = client_acheteur.post(DEPOSER, {"fichier": upload(text)}, follow=True)
        given = {name: page.context["form"].initial.get(name) or "" for name in page.context["form"].fields}
        pages.append(client_acheteur.post(page.redirect_chain[-1][0], given, follow=True).redirect_chain[-1][0])
    client_acheteur.post(pages[0])
    second = client_acheteur.post(pages[1], follow=True)
    assert "a déjà été envoyé" in second.content.decode()
    assert client_acheteur.post(pages[0]).status_code == 404
    assert AchatRealise.objects.count() == 1


def test_a_file_taken_back_takes_its_lines(client_acheteur):
    sent(client_acheteur, HEADER + f"{make_siret()};A;1;2025;;")
    fichier = FichierAchats.objects.get()
    client_acheteur.post(reverse("marches:achats_supprimer", kwargs={"pk": fichier.pk}))
    assert not AchatRealise.objects.exists()
    assert not FichierAchats.objects.exists()


def test_columns_are_remembered_and_a_year_can_stand_for_the_file(client_acheteur):
    text = "Qui;Combien;Quand\n{};5;x\n"
    page = sent(client_acheteur, text.format(make_siret()), siret="Qui", montant="Combien", annee="2024")
    assert page.status_code == 200
    assert AchatRealise.objects.get().annee == 2024
    page = client_acheteur.post(DEPOSER, {"fichier": upload(text.format(make_siret()))}, follow=True)
    assert page.context["form"].initial["siret"] == "Qui"
    assert page.context["form"].initial["montant"] == "Combien"
    asked = page.content.decode()
    order = [asked.index(f'name="{name}"') for name in ("siret", "montant", "date", "annee", "fournisseur")]
    assert order == sorted(order)  # « indiquez plus bas l'année » is said above the year


def test_one_line_is_said_in_the_singular(client_acheteur):
    page = sent(client_acheteur, f"SIRET;Montant HT;Année\n{make_siret()};12,5;2025\n").content.decode()
    assert '<span class="figure-label">ligne lue</span>' in page
    assert '<span class="figure-label">enregistrée</span>' in page


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"siret": ""}, "Indiquez la colonne"),
        ({"montant": "Inventée"}, "pas dans votre fichier"),
        ({"date": ""}, "écrivez l&#x27;année de tout le fichier"),
        ({"date": "", "annee": "1999"}, "2000"),
        ({"date": "", "annee": "9" * 30}, "dépasser"),
        ({"date": "", "annee": "x"}, "quatre chiffres"),
        ({"date": "Montant HT"}, "déjà prise"),
    ],
)
def test_columns_badly_chosen_say_what_to_do(client_acheteur, columns, words):
    page = sent(client_acheteur, HEADER + f"{make_siret()};A;1;2025;;", **columns)
    assert words in page.content.decode()
    assert not AchatRealise.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"SIRET;Montant\n", "en-t"),
        (b"%PDF-1.4", "PDF"),
        (b"PK\x03\x04cassee", "abîmé"),
        (b"\x00\x01\x02", "NUL"),
    ],
)
def test_files_that_are_no_table_are_refused(client_acheteur, content, words):
    page = client_acheteur.post(DEPOSER, {"fichier": upload(content)})
    assert page.status_code == 200
    assert words in page.content.decode()
    assert not Depot.objects.exists()


def test_a_file_without_any_usable_line_is_not_saved(client_acheteur):
    page = sent(client_acheteur, HEADER + "x;A;abc;2025;;\n")
    assert "Aucune ligne de ce fichier" in page.content.decode()
    assert not FichierAchats.objects.exists()
    assert Depot.objects.count() == 1


def test_a_workbook_is_read_with_its_dates_and_numbers(client_acheteur):
    ei = make_structure(kind=Kind.EI)
    book = write_xlsx(
        ["SIRET", "Montant HT", "Date", "Fournisseur"],
        [[int(ei.organisation.identifiant), 1234.567, date(2025, 3, 12), "=cmd()"]],
    ).read()
    sent(client_acheteur, book, name="achats.xlsx")
    row = AchatRealise.objects.get()
    assert (row.montant, row.annee, row.kind, row.fournisseur) == (D("1234.57"), 2025, "EI", "=cmd()")


def test_rows_wider_than_the_header_are_set_aside(client_acheteur):
    sent(client_acheteur, HEADER + f"{make_siret()};A;1;2025;;;;extra\n{make_siret()};A;1;2025;;\n")
    rapport = FichierAchats.objects.get().rapport
    assert (rapport["lus"], rapport["crees"], rapport["ecartes_total"]) == (2, 1, 1)


def test_a_depot_made_for_one_organisation_serves_no_other(client_acheteur):
    page = client_acheteur.post(DEPOSER, {"fichier": upload(HEADER + "1;A;1;2025;;")}, follow=True)
    url = page.redirect_chain[-1][0]
    membre = make_membre(user=client_acheteur.user, role=client_acheteur.acteur.role)
    client_acheteur.post(reverse("structures:agir"), {"membre": membre.pk})
    assert client_acheteur.get(url).status_code == 404


# Suppliers ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "name", "kept"),
    [
        (None, "TOTAL ENERGIES", True), ("", "Total", False), ("Total général", "", False),
        ("", "Sous-total 2025", False), ("", "Totalement Bois", True),
    ],
)  # fmt: skip
def test_lines_of_total_are_not_purchases(client_acheteur, number, name, kept):
    number = make_siret() if number is None else number
    sent(client_acheteur, HEADER + f"{number};{name};10;2025;;\n{make_siret()};A;1;2025;;")
    assert AchatRealise.objects.filter(montant=10).exists() == kept


def test_of_two_kinds_the_one_under_convention_counts(client_acheteur):
    ended = make_structure(kind=Kind.ACI, convention_fin=date(2020, 1, 1))
    make_structure(kind=Kind.EI, organisation=ended.organisation, convention_fin=date(2099, 1, 1))
    sent(client_acheteur, HEADER + f"{ended.organisation.identifiant};A;1;2025;;")
    assert AchatRealise.objects.get().kind == "EI"


def test_a_sector_is_never_invented():
    family = make_secteur()
    one, two, other = make_secteur(parent=family), make_secteur(parent=family), make_secteur()
    single, same_family, mixed, none = (make_structure() for _ in range(4))
    make_activite(structure=single, secteur=one)
    for secteur in (one, two):
        make_activite(structure=same_family, secteur=secteur)
    for secteur in (one, other):
        make_activite(structure=mixed, secteur=secteur)
    found = secteurs_of({single.pk, same_family.pk, mixed.pk, none.pk})
    assert found == {single.pk: one.pk, same_family.pk: family.pk}


def test_matching_again_follows_the_directory(client_acheteur):
    late, gone = make_organisation(), make_structure(kind=Kind.EA)
    sent(client_acheteur, HEADER + f"{late.identifiant};A;10;2025;;\n{gone.organisation.identifiant};B;5;2025;;")
    stranger = make_achat_realise(siret_fournisseur=late.identifiant)
    make_structure(kind=Kind.ACI, organisation=late)
    gone.publiee = False
    gone.save()
    page = client_acheteur.post(RAPPROCHER, follow=True)
    assert "1 lignes inclusives (1 auparavant)" in page.content.decode()
    assert dict(AchatRealise.objects.exclude(pk=stranger.pk).values_list("fournisseur", "kind")) == {
        "A": "ACI",
        "B": "",
    }
    stranger.refresh_from_db()
    assert stranger.kind == ""


# Figures ------------------------------------------------------------------------------------------------------------
def test_sums_are_rounded_to_the_cent(client_acheteur):
    fichier = make_fichier_achats(organisation=client_acheteur.acteur_organisation)
    ei = make_structure()
    for cents in ("0.10", "0.70"):
        make_achat_realise(fichier=fichier, structure=ei, montant=D(cents))
    found = synthese(AchatRealise.objects.all(), 2025)
    assert found.ensemble.inclusif == D("0.80")
    assert found.ensemble.part == 1


def test_credit_notes_alone_have_no_share(client_acheteur):
    fichier = make_fichier_achats(organisation=client_acheteur.acteur_organisation)
    make_achat_realise(fichier=fichier, structure=make_structure(), montant=D(-5))
    page = client_acheteur.get(TABLEAU)
    assert page.context["synthese"].ensemble.part is None


def test_filters_stand_in_the_address_and_years_stay_comparable(client_acheteur):
    fichier = make_fichier_achats(organisation=client_acheteur.acteur_organisation)
    ei = make_structure(kind=Kind.EI)
    for annee, entite, montant in ((2024, "Parcs", 10), (2025, "Parcs", 20), (2025, "Culture", 40)):
        make_achat_realise(fichier=fichier, structure=ei, annee=annee, entite=entite, montant=montant, categorie="C")
    make_achat_realise(fichier=fichier, annee=2025, entite="Parcs", montant=60)

    def figures(**query):
        found = client_acheteur.get(TABLEAU, query).context["synthese"]
        return found.ensemble.inclusif, found.ensemble.total, list(found.annees)

    assert figures() == (60, 120, [2024, 2025])
    assert figures(annee="2024") == (10, 10, [2024, 2025])
    assert figures(annee="toutes", entite="Parcs") == (30, 90, [2024, 2025])
    assert figures(categorie="C", entite="Culture") == (40, 40, [2025])
    found = synthese(AchatRealise.objects.all(), 2025)
    assert {name: part.part for name, part in found.entites} == {"Parcs": D("0.25"), "Culture": 1}


@pytest.mark.parametrize(
    "query", ["annee=" + "9" * 30, "annee=x", "annee=\x00", "entite=Autre", "categorie=\x00", "page=x"]
)
def test_bad_filters_still_answer(client_acheteur, query):
    make_achat_realise(organisation=client_acheteur.acteur_organisation)
    for url in (TABLEAU, EXPORT, SYNTHESE):
        assert client_acheteur.get(f"{url}?{query}").status_code == 200


def test_the_dashboard_costs_the_same_for_one_line_as_for_thirty(client_acheteur):
    fichier = make_fichier_achats(organisation=client_acheteur.acteur_organisation)
    counts = []
    for size in (1, 29):
        for rank in range(size):
            structure = make_structure()
            make_activite(structure=structure)
            make_achat_realise(fichier=fichier, structure=structure, entite=f"E{rank}", annee=2020 + rank % 6)
        with CaptureQueriesContext(connection) as queries:
            page = client_acheteur.get(TABLEAU)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(page.content) < 60_000


def test_purchases_of_others_are_never_counted_nor_exported(client_acheteur):
    make_achat_realise(fournisseur="Secret d'un autre", montant=D(5))
    assert "synthese" not in client_acheteur.get(TABLEAU).context
    assert "Secret" not in b"".join(client_acheteur.get(EXPORT).streaming_content).decode()


def test_an_empty_page_explains_the_next_step(client_acheteur):
    page = client_acheteur.get(TABLEAU)
    assert "Déposez un export" in page.content.decode()
    assert client_acheteur.get(SYNTHESE).status_code == 200


# Out ----------------------------------------------------------------------------------------------------------------
def test_exports_disarm_formulas_and_keep_numbers(client_acheteur):
    fichier = make_fichier_achats(organisation=client_acheteur.acteur_organisation, nom="=fichier()")
    make_achat_realise(fichier=fichier, structure=make_structure(nom="@nom"), fournisseur="=cmd|' /C calc'!A0",
                       montant=D("-12.50"), categorie="+1", entite="-2+3")  # fmt: skip
    content = b"".join(client_acheteur.get(EXPORT).streaming_content).decode("utf-8-sig")
    row = list(csv.reader(io.StringIO(content), delimiter=";"))[1]
    assert row[2:6] == ["'=cmd|' /C calc'!A0", "-12,50", "'+1", "'-2+3"]
    assert row[8] == "'@nom"
    assert row[11] == "'=fichier()"
    book = io.BytesIO(b"".join(client_acheteur.get(EXPORT, {"format": "xlsx"}).streaming_content))
    assert next(read_table(book, name="a.xlsx")).values["Montant HT (€)"] == "-12.5"
    summary = b"".join(client_acheteur.get(SYNTHESE).streaming_content).decode("utf-8-sig")
    assert "Ensemble;Sélection;-12,50;-12,50;" in summary


def test_a_file_larger_than_one_handful_is_taken_in_whole(client_acheteur):
    suppliers = [make_siret(make_siren(n)) for n in range(500)]
    make_structure(organisation=make_organisation(identifiant=suppliers[7]))
    lines = (f"{suppliers[n % 500]};Fournisseur {n};{n % 977 + 1},25;2025;C{n % 9};S{n % 5}" for n in range(4_500))
    sent(client_acheteur, HEADER + "\n".join(lines))
    assert AchatRealise.objects.count() == 4_500
    assert AchatRealise.objects.inclusifs().count() == 9


def test_half_a_euro_is_rounded_the_same_on_the_chart_and_in_its_table(client_acheteur):
    esat = make_structure(kind=Kind.ESAT, organisation=make_organisation(identifiant=make_siret(make_siren(), 1)))
    sent(client_acheteur, f"SIRET;Montant HT;Année\n{esat.organisation.identifiant};51464,50;2025\n")
    page = client_acheteur.get(reverse("marches:achats")).content.decode()
    assert f"{nombre(51_465)}\u202f€</text>" in page
    assert f"{nombre(51_465)}&nbsp;€</td>" in page
    assert nombre(51_464) not in page
