"""« Ce fournisseur est-il inclusif ? »: one number, and lists."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.models import Depot
from portal.tables import read_table, write_xlsx
from portal.templatetags.formats import nombre
from structures import fournisseurs
from structures.enums import Kind
from structures.fournisseurs import Etat, lire, texte_en_table
from structures.rules import usages_acheteur
from tests.factories import make_organisation, make_siren, make_siret, make_structure

pytestmark = pytest.mark.django_db
CHECK, LISTE = reverse("structures:fournisseurs"), reverse("structures:fournisseurs_liste")
LA_POSTE = "35600000000048"  # its head office; the sum of its digits is no multiple of 10


def known(kind=Kind.EI, siren=None, nic=1, **given):
    """A structure at an establishment of `siren`."""
    return make_structure(organisation=make_organisation(identifiant=make_siret(siren, nic)), kind=kind, **given)


def sent(client, text="", upload=None, follow=True):
    return client.post(LISTE, {"texte": text} | ({"fichier": upload} if upload else {}), follow=follow)


def csv_file(text, name="liste.csv"):
    return SimpleUploadedFile(name, text.encode())


# One number ---------------------------------------------------------------------------------------------------------
SIREN = make_siren(4242)
SIRET = make_siret(SIREN)


@pytest.mark.parametrize(
    ("typed", "numero", "words"),
    [
        (SIRET, SIRET, ""),
        (f"{SIREN[:3]} {SIREN[3:6]} {SIREN[6:]} {SIRET[9:]}", SIRET, ""),
        (f"{SIREN[:3]}\u202f{SIREN[3:6]}\u00a0{SIREN[6:]}.{SIRET[9:]}", SIRET, ""),
        (f"{SIRET}.0", SIRET, ""),
        (SIREN, SIREN, ""),
        (LA_POSTE, LA_POSTE, ""),
        ("", "", "Aucun numéro"),
        (None, "", "Aucun numéro"),
        ("12345", "12345", "5 chiffres"),
        (SIRET + "9", SIRET + "9", "15 chiffres"),
        ("BE0123456789", "BE0123456789", "autre chose que des chiffres"),
        ("١٢٣٤٥٦٧٨٩", "١٢٣٤٥٦٧٨٩", "autre chose que des chiffres"),
        (SIRET[:-1] + str((int(SIRET[-1]) + 1) % 10), None, "vérifiez les 5 derniers"),
        (SIREN[:-1] + str((int(SIREN[-1]) + 1) % 10), None, "clé de contrôle est fausse"),
        ("35600000000041", None, "La Poste"),
        ("00000000000000", None, "fausse"),
        ("=1+1", "=1+1", "autre chose que des chiffres"),
        ("9" * 400, None, "400 chiffres"),
    ],
)
def test_numbers_are_read_or_their_fault_is_named(typed, numero, words):
    read, fault = lire(typed)
    assert numero is None or read == numero
    assert words in fault
    assert bool(fault) == bool(words)


def test_a_lost_leading_zero_is_given_back():
    siret = make_siret("005520242")  # the key of this SIREN is right
    assert lire(siret.lstrip("0")) == (siret, "")


@pytest.mark.parametrize(
    ("kind", "present", "absent"),
    [
        (Kind.EI, ["L. 2113-13", "L. 2112-2"], ["L. 2113-12", "D. 5212-22"]),
        (Kind.ESAT, ["L. 2113-12", "L. 2112-2", "D. 5212-22"], ["L. 2113-13"]),
        (Kind.EA, ["L. 2113-12", "D. 5212-22"], ["L. 2113-13"]),
        (Kind.EATT, ["L. 2113-12", "L. 5212-7"], ["D. 5212-22"]),
        (Kind.GEIQ, ["R. 2113-7", "L. 2112-2"], ["L. 2113-12", "D. 5212-22"]),
        (Kind.EITI, ["R. 2113-7"], ["L. 2112-2"]),
        (Kind.SEP, ["L. 2113-13-1"], ["L. 2113-12", "D. 5212-22"]),
        (Kind.AI, ["L. 2113-13", "L. 2112-2", "L. 5132-7"], ["L. 2113-12"]),
    ],
)
def test_what_a_kind_opens_to_a_buyer(kind, present, absent):
    articles = [part for verdict in usages_acheteur(kind, date(2026, 1, 1)) for part in verdict.source.split(", ")[1:]]
    articles = [word for article in articles for word in article.split(" et ")]
    assert [article for article in present if article not in articles] == []
    assert [article for article in absent if article in articles] == []


def test_every_kind_opens_something():
    assert all(usages_acheteur(kind, date(2026, 1, 1)) for kind in Kind)


def test_a_known_establishment_says_its_kinds_source_and_convention(client):
    siren = make_siren()
    here = known(Kind.EI, siren, source="Liste de l'ASP", donnees_du=date(2026, 3, 1), convention_fin=date(2020, 1, 1))
    make_structure(organisation=here.organisation, kind=Kind.ACI)
    other = known(Kind.EA, siren, 2, nom="La Voisine adaptée")
    number = here.organisation.identifiant
    page = client.get(CHECK, {"numero": f" {number[:3]} {number[3:6]} {number[6:9]} {number[9:]} "})
    answer = page.context["reponse"]
    assert (answer.etat, answer.kinds, answer.kinds_ailleurs) == (Etat.INCLUSIF, ["ACI", "EI"], ["EA"])
    text = page.content.decode()
    assert "Liste de l&#x27;ASP" in text
    assert "01/03/2026" in text
    assert "a pris fin le 01/01/2020" in text
    assert other.nom in text
    assert "L. 2113-13" in text


def test_another_establishment_is_told_apart(client):
    siren = make_siren()
    known(Kind.ESAT, siren, 1)
    page = client.get(CHECK, {"numero": make_siret(siren, 2)})
    assert page.context["reponse"].etat == Etat.AUTRE
    assert page.context["fiches"] == []
    assert "un autre de la même entreprise" in page.content.decode()
    assert "Comparez avec le SIRET" in client.get(CHECK, {"numero": siren}).content.decode()


def test_unknown_is_not_said_to_be_not_inclusive(client):
    page = client.get(CHECK, {"numero": make_siret()})
    assert page.context["reponse"].etat == Etat.INCONNU
    assert "ne prouve pas" in page.content.decode()


def test_hidden_cards_are_never_shown(client):
    hidden = known(publiee=False, nom="Fiche secrète")
    page = client.get(CHECK, {"numero": hidden.organisation.identifiant})
    assert page.context["reponse"].etat == Etat.INCONNU
    assert "Fiche secrète" not in page.content.decode()


def test_a_replaced_card_answers_with_the_one_that_took_over(client):
    new = known(nom="La Nouvelle")
    old = known(nom="L'Ancienne", remplacee_par=new)
    answer = client.get(CHECK, {"numero": old.organisation.identifiant}).context["reponse"]
    assert answer.etat == Etat.INCLUSIF
    assert answer.ici == (new,)


@pytest.mark.parametrize("typed", ["\x00", "a\x00b", "9" * 5000, "<script>", "' OR 1=1", "é" * 60, "٣" * 14, " "])
def test_nothing_typed_breaks_the_page(client, typed):
    page = client.get(CHECK, {"numero": typed})
    assert page.status_code == 200
    assert "<script>" not in page.content.decode().partition("<main")[2].partition("</main>")[0]


# Lists --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("1\n2", 'SIRET\n"1"\n"2"'),
        ("1, 2;3\t4", 'SIRET\n"1"\n"2"\n"3"\n"4"'),
        ("Nom\tSIRET\nA\t1", "Nom\tSIRET\nA\t1"),
        ("\n \n", ""),
        ('1"', 'SIRET\n"1"'),
    ],
)
def test_a_pasted_text_becomes_a_table(text, table):
    assert texte_en_table(text) == table


def test_numbers_pasted_alone_are_counted_from_one(client_acheteur):
    a, b = make_siret(), make_siret()
    page = sent(client_acheteur, f"{a}\n{b}\n{a}")
    assert [(ligne.ligne, ligne.doublon_de) for ligne in page.context["report"].lignes] == [
        (1, None),
        (2, None),
        (3, 1),
    ]
    page = sent(client_acheteur, f"Numéro\n{a}")  # a header of one's own is a line
    assert [ligne.ligne for ligne in page.context["report"].lignes] == [2]


def test_a_pasted_list_is_answered_line_by_line(client_acheteur):
    siren = make_siren()
    ei, esat = known(Kind.EI), known(Kind.ESAT, siren)
    spaced = " ".join((ei.organisation.identifiant[:9], ei.organisation.identifiant[9:]))
    page = sent(
        client_acheteur,
        "\n".join([spaced, ei.organisation.identifiant, make_siret(siren, 7), make_siret(), "123", siren]),
    )
    report = page.context["report"]
    assert [(ligne.reponse.etat.value, ligne.doublon_de) for ligne in report.lignes] == [
        ("inclusif", None), ("inclusif", 1), ("autre", None), ("inconnu", None), ("invalide", None), ("autre", None),
    ]  # fmt: skip
    assert report.etats == {"inclusif": 1, "autre": 2, "inconnu": 1, "invalide": 1}
    assert (report.kinds, report.doublons, report.distincts) == ({"EI": 1}, 1, 4)
    assert esat.nom in page.content.decode()


def test_a_file_keeps_its_columns_in_order_in_the_export(client_acheteur):
    ei = known(Kind.EI, nom="=Dangereuse()")
    siret = ei.organisation.identifiant
    text = f"Montant;N° SIRET;Fournisseur;Montant\n12,5;{siret};=cmd|calc;7\n1;;Sans;8\n"
    page = sent(client_acheteur, upload=csv_file(text))
    assert page.context["colonne"] == "N° SIRET"
    export = reverse("structures:fournisseurs_export", kwargs={"pk": page.context["depot"].pk})
    content = b"".join(client_acheteur.get(export).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content), delimiter=";"))
    assert rows[0][:4] == ["Montant", "N° SIRET", "Fournisseur", "Montant (2)"]
    assert rows[0][4:] == list(fournisseurs.COLONNES)
    assert rows[1][:5] == ["12,5", siret, "'=cmd|calc", "7", "Connu de l'annuaire"]
    assert rows[1][7] == "'=Dangereuse()"
    assert rows[2][4:6] == ["Numéro invalide", "Aucun numéro\u00a0: un SIRET compte 14 chiffres, un SIREN 9."]
    book = io.BytesIO(b"".join(client_acheteur.get(export, {"format": "xlsx"}).streaming_content))
    found = [list(row.values.values()) for row in read_table(book, name="x.xlsx")]
    assert found[0][:5] == ["12,5", siret, "=cmd|calc", "7", "Connu de l'annuaire"]


def test_a_workbook_and_a_file_without_headers_are_read(client_acheteur):
    ei = known(Kind.EI).organisation.identifiant
    book = SimpleUploadedFile("liste.xlsx", write_xlsx(["Tiers", "Id"], [["A", int(ei)], ["B", "12"]]).read())
    page = sent(client_acheteur, upload=book)
    assert (page.context["colonne"], page.context["report"].etats["inclusif"]) == ("Id", 1)
    page = sent(client_acheteur, upload=csv_file(f"{ei};Alpha\n{make_siret()};Beta\n"))
    assert page.context["entetes"] == ["Colonne 1", "Colonne 2"]
    assert [ligne.reponse.etat.value for ligne in page.context["report"].lignes] == ["inclusif", "inconnu"]


def test_the_column_can_be_chosen_and_is_asked_when_nothing_looks_like_it(client_acheteur):
    ei = known(Kind.EI).organisation.identifiant
    page = sent(client_acheteur, upload=csv_file(f"Nom;SIRET;Client\nA;1;{ei}\n"))
    assert page.context["report"].etats == {"invalide": 1}
    url = page.redirect_chain[-1][0]
    assert client_acheteur.get(url, {"colonne": "Client"}).context["report"].etats == {"inclusif": 1}
    assert client_acheteur.get(url, {"colonne": "Nulle"}).context["colonne"] == "SIRET"
    page = sent(client_acheteur, upload=csv_file("Nom;Ville\nA;Caen\n"))
    assert page.context["report"] is None
    assert "indiquez laquelle" in page.content.decode()
    export = reverse("structures:fournisseurs_export", kwargs={"pk": page.context["depot"].pk})
    assert client_acheteur.get(export).status_code == 302


def test_more_than_5000_lines_are_refused_with_a_way_out(client_acheteur):
    page = sent(client_acheteur, upload=csv_file("SIRET\n" + "1\n" * 12_000))
    assert f"{nombre(12_000)} lignes" in page.content.decode()
    assert f"3 fichiers de {nombre(5000)} lignes" in page.content.decode()
    assert not Depot.objects.exists()


def test_exactly_5000_lines_are_answered_in_few_queries(client_acheteur):
    known(Kind.EI)
    numbers = [make_siret() for _ in range(5_000)]
    page = sent(client_acheteur, "\n".join(numbers))
    assert len(page.context["report"].lignes) == 5_000
    url = page.redirect_chain[-1][0]
    with CaptureQueriesContext(connection) as many:
        client_acheteur.get(url)
    with CaptureQueriesContext(connection) as one:
        client_acheteur.get(sent(client_acheteur, numbers[0]).redirect_chain[-1][0])
    assert len(many) <= 15
    assert len(one) <= 40
    assert len(page.content) < 60_000


def test_the_report_costs_the_same_for_one_line_as_for_fifty(client_acheteur):
    urls = []
    for size in (1, 50):
        numbers = [known().organisation.identifiant for _ in range(size)]
        urls.append(sent(client_acheteur, "\n".join(numbers)).redirect_chain[-1][0])
    counts = []
    for url in urls:
        with CaptureQueriesContext(connection) as queries:
            client_acheteur.get(url)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Collez au moins un SIRET"),
        ({"texte": "SIRET"}, "en-têtes"),
        ({"texte": "bonjour\n"}, "en-têtes"),
        ({"texte": "1\x00"}, "illisible"),
        ({"fichier": ("a.csv", b"")}, "vide"),
        ({"fichier": ("a.pdf", b"%PDF-1.4")}, "PDF"),
        ({"fichier": ("a.xlsx", b"PK\x03\x04broken")}, "abîmé"),
        ({"fichier": ("a.csv", b"SIRET\n1;2;3\n")}, "cellules pour"),
        ({"fichier": ("a.csv", b"SIRET\n\x00\n")}, "NUL"),
        ({"texte": "1", "fichier": ("a.csv", b"SIRET\n1")}, "pas les deux"),
    ],
)
def test_lists_that_cannot_be_read_say_why_and_leave_nothing(client_acheteur, given, words):
    upload = given.get("fichier")
    page = sent(client_acheteur, given.get("texte", ""), SimpleUploadedFile(*upload) if upload else None)
    assert page.status_code == 200
    assert not page.redirect_chain
    assert words in page.content.decode()
    assert not Depot.objects.exists()


def test_a_list_is_seen_by_its_owner_for_a_day(client_acheteur, client_facilitateur, client):
    url = sent(client_acheteur, make_siret()).redirect_chain[-1][0]
    assert client_acheteur.get(url).status_code == 200
    assert client_facilitateur.get(url).status_code == 404
    assert client.get(url).status_code == 302
    assert client_acheteur.get(url.replace(f"/{Depot.objects.get().pk}/", f"/{10**30}/")).status_code == 404
    Depot.objects.update(cree_le=timezone.now() - timedelta(days=2))
    assert client_acheteur.get(url).status_code == 404


def test_a_list_can_be_erased_at_once(client_acheteur):
    url = sent(client_acheteur, make_siret()).redirect_chain[-1][0]
    assert client_acheteur.get(f"{url}effacer/").status_code == 405
    client_acheteur.post(f"{url}effacer/")
    assert not Depot.objects.exists()


@pytest.mark.parametrize("query", ["page=" + "9" * 30, "page=a", "etat=rien", "etat=\x00", "colonne=\x00", "page=-1"])
def test_bad_queries_of_a_report_still_answer(client_acheteur, query):
    url = sent(client_acheteur, make_siret()).redirect_chain[-1][0]
    assert client_acheteur.get(f"{url}?{query}").status_code == 200


def test_filters_of_a_report_show_the_lines_asked_for(client_acheteur):
    number = make_siret()
    url = sent(client_acheteur, f"{number}\n{number}\n12").redirect_chain[-1][0]
    lines = {
        etat: len(client_acheteur.get(url, {"etat": etat}).context["page"]) for etat in ("", "doublon", "invalide")
    }
    assert lines == {"": 3, "doublon": 1, "invalide": 1}


# Words that agree ---------------------------------------------------------------------------------------------------
def test_the_counts_agree_and_a_siren_is_spaced(client_acheteur):
    known(siren=SIREN)
    page = sent(client_acheteur, f"{SIRET}\n{SIREN}\n123\n12\n{SIRET}").content.decode()
    for said in ("connu de l&#x27;annuaire", "inconnu de l&#x27;annuaire", "numéros invalides", "ligne en double"):
        assert f'<span class="figure-label">{said}</span>' in page
    assert f"{SIREN[:3]}\u00a0{SIREN[3:6]}\u00a0{SIREN[6:]}</span>" in page
    assert "Colonne qui contient les SIRET" not in page  # there is only one


def test_a_list_too_long_is_refused_in_french_figures(client_acheteur):
    page = sent(client_acheteur, "\n".join(["SIRET", *["123"] * 5_001])).content.decode()
    assert "La liste n’est pas vérifiée" in page
    assert f"{nombre(5001)} lignes, la limite est de {nombre(5000)}" in page
