"""Sites: kept by their buyer, imported from a list, given to the holders of a lot; none twice, none forgotten."""

import html
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.enums import TypeSite
from marches.importers.sites import type_of
from marches.models import ReferentAcheteur, Site, SiteLot
from marches.stats.sites import charges
from portal.models import Depot
from tests import factories as make

pytestmark = pytest.mark.django_db
HUGE = "9" * 40
LIST = reverse("marches:sites")


def text(response, code=200) -> str:
    assert response.status_code == code
    return html.unescape(response.content.decode()).replace("\xa0", " ").replace("\u202f", " ")


@pytest.fixture
def normandie():
    departement = make.make_departement(code="14", nom="Calvados")
    given = {"departement": departement}
    return [
        make.make_commune(code="14118", nom="Caen", nom_tri="caen", **given),
        make.make_commune(code="14047", nom="Bayeux", nom_tri="bayeux", **given),
    ]


@pytest.fixture
def acheteur(client_acheteur):
    return client_acheteur.acteur_organisation.acheteur


# Sites and people -----------------------------------------------------------------------------------------------------
def test_a_buyer_keeps_its_sites(client_acheteur, acheteur, normandie):
    assert "Aucun site encore" in text(client_acheteur.get(LIST))
    data = {"nom": "Collège Pasteur", "code": "0141234A", "type": "college", "lieu": "Caen", "agents": "9"}
    assert client_acheteur.post(reverse("marches:site_create"), data).url == LIST
    site = Site.objects.get()
    assert (site.acheteur, site.commune_id, site.agents) == (acheteur, "14118", 9)
    twin = text(client_acheteur.post(reverse("marches:site_create"), data | {"nom": "Autre"}))
    assert "Le site « Collège Pasteur » porte déjà ce code" in twin
    url = reverse("marches:site_edit", args=[site.pk])
    assert 'value="Caen (14)"' in text(client_acheteur.get(url))
    client_acheteur.post(url, data | {"nom": "Collège Curie", "lieu": "Caen (14)"})
    assert Site.objects.get().nom == "Collège Curie"
    assert "Donnez une commune" in text(client_acheteur.post(url, data | {"lieu": "Calvados"}))
    make.make_site_lot(site=site)
    delete = reverse("marches:site_delete", args=[site.pk])
    assert "sortez-l'en d'abord" in text(client_acheteur.post(delete, follow=True))
    SiteLot.objects.all().delete()
    client_acheteur.post(delete)
    assert not Site.objects.exists()


def test_people_met_there_are_functions(client_acheteur, acheteur):
    url, data = reverse("marches:referent_create"), {"fonction": "Gestionnaire", "role": "Lycées", "courriel": ""}
    client_acheteur.post(url, data)
    assert "existe déjà" in text(client_acheteur.post(url, data))
    referent = ReferentAcheteur.objects.get()
    assert str(referent) in text(client_acheteur.get(LIST))
    client_acheteur.post(reverse("marches:referent_edit", args=[referent.pk]), data | {"role": "Collèges"})
    assert ReferentAcheteur.objects.get().role == "Collèges"
    row = make.make_site_lot(referent=referent)
    client_acheteur.post(reverse("marches:referent_delete", args=[referent.pk]))
    row.refresh_from_db()
    assert row.referent is None


@pytest.mark.parametrize("value", ["\x00", HUGE, "-1", "é" * 3000, "<script>", "1,5,5"])
def test_bad_values_are_answered(client_acheteur, acheteur, value):
    row = make.make_site_lot(lot=make.make_lot(marche=make.make_marche(acheteur=acheteur)))
    for name, args, fields in (
        ("site_create", [], ("nom", "code", "type", "adresse", "lieu", "agents")),
        ("referent_create", [], ("fonction", "role", "courriel")),
        ("lot_sites", [row.lot_id], ("site", "organisation", "referent", "portee")),
        ("lot_sites_ajouter", [row.lot_id], ("site",)),
        ("lot_site_heures", [row.lot_id, row.pk], ("heures_an",)),
        ("sites_deposer", [], ("fichier",)),
    ):
        url = reverse(f"marches:{name}", args=args)
        assert client_acheteur.post(url, dict.fromkeys(fields, value)).status_code in {200, 302}, name
    for name, args in (("sites", []), ("lot_sites_ajouter", [row.lot_id])):
        for field in ("q", "type", "page"):
            assert client_acheteur.get(reverse(f"marches:{name}", args=args), {field: value}).status_code == 200


# A list of sites ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Collège Jean-Macé", TypeSite.COLLEGE), ("LYCEE PRO", TypeSite.LYCEE), ("Groupe scolaire", TypeSite.ECOLE),
        ("école", TypeSite.ECOLE), ("EHPAD Les Pins", TypeSite.SANTE), ("Collégiale", TypeSite.AUTRE),
        ("", TypeSite.AUTRE), ("Parc de la Prairie", TypeSite.ESPACE), ("Mairie", TypeSite.MAIRIE),
    ],
)  # fmt: skip
def test_kinds_are_read_from_words(words, kind):
    assert type_of(words) == kind


ROWS = """Établissement;UAI;Ville;Adresse;Effectif
Collège Pasteur;0141234A;Caen;1 rue Haute;9
Lycée Malherbe;0141235B;Bayeux;;12,5
;0141236C;Caen;;3
Collège Pasteur;0141234A;Caen;;4
Maison du département;;Nulle-Part-sur-Rien;;beaucoup
"""


def send(client, content: bytes, name="sites.csv"):
    return client.post(reverse("marches:sites_deposer"), {"fichier": SimpleUploadedFile(name, content)})


def walk(client, content: bytes, name="sites.csv"):
    """The file through its steps: (preview, report)."""
    response = send(client, content, name)
    assert response.status_code == 302, text(response)
    columns = client.get(response.url).context["form"]
    response = client.post(response.url, columns.initial)
    preview = client.get(response.url)
    return preview, client.post(response.url, follow=True)


def test_a_list_is_shown_then_imported_and_again_without_change(client_acheteur, acheteur, normandie):
    preview, report = walk(client_acheteur, ROWS.encode())
    shown = text(preview)
    for words in ("Collège Pasteur", "Site sans nom", "Même site que la ligne 2", "Nulle-Part-sur-Rien", "beaucoup"):
        assert words in shown, words
    assert "Enregistrer 3 sites" in shown
    assert "14047" not in shown  # the name of a town, not its code
    assert "Vos sites sont enregistrés" in text(report)
    sites = {site.nom: site for site in Site.objects.all()}
    assert sites["Lycée Malherbe"].commune_id == "14047"
    assert (sites["Lycée Malherbe"].type, sites["Lycée Malherbe"].agents) == (TypeSite.LYCEE, 13)
    assert sites["Maison du département"].commune is None
    assert [bytes(depot.contenu) for depot in Depot.objects.all()] == [b""]  # its report stays, not the file
    _, again = walk(client_acheteur, ROWS.encode())
    assert (again.context["rapport"].crees, again.context["rapport"].inchanges) == (0, 3)
    changed = ROWS.replace("Collège Pasteur;0141234A;Caen;1", "Collège Louis-Pasteur;0141234A;;2")
    _, third = walk(client_acheteur, changed.encode())
    assert (third.context["rapport"].crees, third.context["rapport"].mis_a_jour) == (0, 1)
    site = Site.objects.get(code="0141234A")
    assert (site.nom, site.commune_id, site.adresse) == ("Collège Louis-Pasteur", "14118", "2 rue Haute")


def test_a_workbook_is_read_too(client_acheteur, normandie):
    from openpyxl import Workbook

    book = Workbook()
    for row in (["Nom du site", "Commune", "Agents"], ["École Jean-Macé", "Caen", 4]):
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    walk(client_acheteur, file.getvalue(), "sites.xlsx")
    assert Site.objects.get().agents == 4


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe\x00", b"nom\n", b"PK\x03\x04rien"])
def test_unreadable_files_are_refused_and_nothing_is_kept(client_acheteur, content):
    assert send(client_acheteur, content).status_code == 200
    assert not Depot.objects.exists()
    assert not Site.objects.exists()


def test_a_file_without_any_site_is_refused(client_acheteur):
    _, report = walk(client_acheteur, b"Nom du site;Commune\n;Caen\n")
    assert "Aucune ligne de ce fichier" in text(report)
    assert not Site.objects.exists()


def test_the_report_is_read_again_and_the_list_is_not_imported_twice(client_acheteur, normandie):
    response = send(client_acheteur, ROWS.encode())
    columns = response.url
    preview = client_acheteur.post(columns, client_acheteur.get(columns).context["form"].initial).url
    done = client_acheteur.post(preview)
    assert (done.status_code, done.url) == (302, preview)
    before = list(Site.objects.order_by("pk").values_list("pk", "nom"))
    for _ in range(2):  # a page loaded again
        page = text(client_acheteur.get(preview))
        assert "Vos sites sont enregistrés" in page
        assert "Site sans nom" in page
        assert "beaucoup" in page
    Site.objects.filter(nom="Lycée Malherbe").update(adresse="corrigée depuis")
    assert "Vos sites sont enregistrés" in text(client_acheteur.post(preview, follow=True))  # sent twice
    assert Site.objects.get(nom="Lycée Malherbe").adresse == "corrigée depuis"
    assert list(Site.objects.order_by("pk").values_list("pk", "nom")) == before
    assert client_acheteur.get(columns).url == preview
    assert client_acheteur.post(columns, {}).url == preview


def test_a_long_report_stays_short(client_acheteur, normandie):
    rows = "".join(f";X{rank};Caen\n" for rank in range(3_000))
    _, report = walk(client_acheteur, f"Nom du site;Code;Commune\nMairie;M;Caen\n{rows}".encode())
    assert report.context["rapport"].nb_ecartes == 3_000
    assert len(report.content) < 60_000
    assert len(Depot.objects.get().choix["rapport"]["ecartes"]) == 30


# Sites of a lot -------------------------------------------------------------------------------------------------------
@pytest.fixture
def lot(acheteur, normandie):
    """Four sites in two towns, two holders in a group of 75 and 25 %."""
    lot = make.make_lot(marche=make.make_marche(acheteur=acheteur))
    for rank, name in enumerate(("Aubépine", "Bruyère", "Cèdre", "Dahlia")):
        site = make.make_site(acheteur=acheteur, nom=name, commune=normandie[rank % 2], agents=rank + 1)
        make.make_site_lot(lot=lot, site=site)
    group = make.make_groupement(lot=lot)
    for name, part in (("Les Trois", 75), ("La Seule", 25)):
        body = make.make_organisation(denomination=name)
        make.make_titulaire(lot=lot, organisation=body)
        make.make_membre_groupement(groupement=group, organisation=body, part=Decimal(part))
    return lot


def holder(lot, name):
    return lot.titulaires.get(organisation__denomination=name).organisation


def given(lot):
    rows = lot.sites.order_by("site__nom").values_list("site__nom", "organisation__denomination")
    return {site[0]: name for site, name in rows}


def assign(client, lot, **data):
    return client.post(reverse("marches:lot_sites", args=[lot.pk]), data)


def test_sites_are_given_one_by_one_by_town_and_all_that_is_left(client_acheteur, lot):
    url = reverse("marches:lot_sites", args=[lot.pk])
    page = text(client_acheteur.get(url))
    assert "4 n’ont personne" in page
    assert "Tous ceux de Caen (2)" in page
    three, one = holder(lot, "Les Trois"), holder(lot, "La Seule")
    referent = make.make_referent_acheteur(acheteur=lot.marche.acheteur, fonction="Intendante", courriel="i@exemple.fr")
    assign(client_acheteur, lot, portee="commune:14118", organisation=three.pk, referent=referent.pk)
    assert given(lot) == {"A": "Les Trois", "B": None, "C": "Les Trois", "D": None}
    ticked = lot.sites.get(site__nom="Bruyère")
    assign(client_acheteur, lot, portee="coches", site=[ticked.pk], organisation=one.pk)
    page = client_acheteur.get(url)
    assert [row.site.nom for row in page.context["page"]][0] == "Dahlia"  # who has nobody comes first
    assert "i@exemple.fr" in text(page)
    assign(client_acheteur, lot, portee="sans", organisation=three.pk)
    assert given(lot) == {"A": "Les Trois", "B": "La Seule", "C": "Les Trois", "D": "Les Trois"}
    page = text(client_acheteur.get(url))
    assert "tous confiés à quelqu’un" in page
    assert "tous confiés à un titulaire" in text(client_acheteur.get(lot.get_absolute_url()))
    assign(client_acheteur, lot, portee="coches", site=[ticked.pk], liberer="1")
    assert given(lot)["B"] is None
    assign(client_acheteur, lot, portee="coches", site=[ticked.pk], sortir="1")
    assert lot.sites.count() == 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"portee": "coches"}, "Aucun site n'est choisi"),
        ({"portee": "tous"}, "Choisissez à qui"),
        ({"portee": "commune:75056"}, "n'est plus proposé"),
        ({"portee": "tous", "organisation": "999999"}, "ne tient pas ce lot"),
    ],
)
def test_what_cannot_be_given_is_said(client_acheteur, lot, data, said):
    assert said in text(assign(client_acheteur, lot, **data))
    assert set(given(lot).values()) == {None}


def test_a_stranger_to_the_lot_is_given_nothing(client_acheteur, lot):
    stranger = make.make_organisation()
    referent = make.make_referent_acheteur()
    assign(client_acheteur, lot, portee="tous", organisation=stranger.pk)
    assign(client_acheteur, lot, portee="tous", referent=referent.pk)
    assert not lot.sites.exclude(organisation=None, referent=None).exists()


def test_no_site_stands_twice_in_a_lot(client_acheteur, lot):
    other = make.make_site(acheteur=lot.marche.acheteur, nom="Églantine", type=TypeSite.LYCEE)
    strange = make.make_site(nom="Ailleurs")
    url = reverse("marches:lot_sites_ajouter", args=[lot.pk])
    page = text(client_acheteur.get(url))
    assert "Églantine" in page
    assert "Ailleurs" not in page
    assert "Dahlia" not in page
    there = Site.objects.get(nom="Dahlia")
    page = text(client_acheteur.post(url, {"site": [there.pk, other.pk, strange.pk]}, follow=True))
    assert "pas mis deux fois" in page
    assert "1 site(s) ajoutés" in page
    assert lot.sites.count() == 5
    make.make_site(acheteur=lot.marche.acheteur, nom="Fougère", type=TypeSite.LYCEE)
    make.make_site(acheteur=lot.marche.acheteur, nom="Genêt", type=TypeSite.ECOLE)
    client_acheteur.post(f"{url}?type=lycee", {"tous": "1"})
    assert set(lot.sites.values_list("site__nom", flat=True)) >= {"Fougère"}
    assert lot.sites.count() == 6


@pytest.mark.parametrize(
    ("hours", "agents", "mesure", "parts"),
    [
        ([100, 100, 100, 100], True, "heures", {"Les Trois": Decimal("75.0"), "La Seule": Decimal("25.0")}),
        ([600, 100, 100, 200], True, "heures", {"Les Trois": Decimal("80.0"), "La Seule": Decimal("20.0")}),
        ([None, 100, 100, 200], True, "agents", {"Les Trois": Decimal("60.0"), "La Seule": Decimal("40.0")}),
        ([None] * 4, False, "sites", {"Les Trois": Decimal("75.0"), "La Seule": Decimal("25.0")}),
    ],
)
def test_workload_is_counted_by_what_is_known_everywhere(lot, hours, agents, mesure, parts):
    rows = list(lot.sites.select_related("site").order_by("site__nom"))
    for row, hour in zip(rows, hours, strict=True):
        row.heures_an = None if hour is None else Decimal(hour)
        row.organisation = holder(lot, "La Seule" if row.site.nom == "Dahlia" else "Les Trois")
        if not agents:
            row.site.agents = None
    bodies = {body.pk: body.nom for body in (holder(lot, "Les Trois"), holder(lot, "La Seule"))}
    found = charges(rows, bodies, {holder(lot, "Les Trois").pk: Decimal(75)})
    assert found.mesure == mesure
    assert {charge.nom: charge.part for charge in found.lignes} == parts
    three = next(charge for charge in found.lignes if charge.nom == "Les Trois")
    assert three.ecart == parts["Les Trois"] - 75
    assert found.libres == 0


def test_holders_read_their_sites_and_others_do_not(client_structure, client_entreprise, lot):
    make.make_titulaire(lot=lot, organisation=client_structure.acteur_organisation)
    for name in ("lot_sites", "lot_sites_imprimer"):
        page = text(client_structure.get(reverse(f"marches:{name}", args=[lot.pk])))
        assert "Bruyère" in page
        assert "Confier" not in page.replace("Confié", "")
        assert client_entreprise.get(reverse(f"marches:{name}", args=[lot.pk])).status_code == 404
    assert client_structure.post(reverse("marches:lot_sites", args=[lot.pk]), {"portee": "tous"}).status_code == 200
    assert set(given(lot).values()) == {None}


def test_pages_cost_the_same_for_many_sites(client_acheteur, lot):
    urls = [LIST, *(reverse(f"marches:{name}", args=[lot.pk]) for name in ("lot_sites", "lot_sites_ajouter"))]

    def cost(url):
        with CaptureQueriesContext(connection) as found:
            response = client_acheteur.get(url)
        assert len(response.content) < 60_000, url
        return len(found)

    make.make_site(acheteur=lot.marche.acheteur)
    lot.sites.update(organisation=holder(lot, "Les Trois"))
    one = [cost(url) for url in urls]
    for n in range(60):
        site = make.make_site(acheteur=lot.marche.acheteur, nom=f"Collège {n}")
        if n % 2:
            make.make_site_lot(lot=lot, site=site, organisation=holder(lot, "Les Trois"))
    assert [cost(url) for url in urls] == one
