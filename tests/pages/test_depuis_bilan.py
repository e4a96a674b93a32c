"""From a signed report to a story: its figures, its contracts and structures, nothing that tells of one person."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from clauses.actions.bilans import signer
from clauses.enums import Etat
from clauses.stats.perimetres import sujet
from portal.pages.models import ChiffreCle, Temoignage
from portal.permissions import Role
from tests import factories as f
from tests.clauses.conftest import make_chantier
from tests.clauses.helpers import text
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
DU, AU = date(2026, 1, 1), date(2026, 12, 31)


@pytest.fixture(autouse=True)
def _in_january(time_machine):
    time_machine.move_to("2027-01-20 12:00+00:00", tick=False)


def report(people=6, left=0, hired=0):
    """A report on the buyer of a site where `people` did 100 h each, of whom `left` went away, `hired` by the buyer."""
    chantier = make_chantier(people=0)
    structure = f.make_structure(organisation=chantier.entreprise, nom="Bâti solidaire")
    for rank in range(people):
        gone = date(2026, 6, 1) if rank < left else None
        person = f.make_participant(facilitateur=chantier.facilitateur, sortie_le=gone)
        line = f.make_ligne_heures(affectation=f.make_affectation(participant=person, employeur=chantier.entreprise))
        f.make_imputation(clause=chantier.clause, ligne=line, declaration=chantier.month, etat=Etat.ACCEPTEE)
        if gone:
            f.make_point_suivi(participant=person, terme=6, situation="cdi", chez_acheteur=rank < hired)
    about = sujet(chantier.by, "acheteur", str(chantier.acheteur.organisation_id))
    return chantier, structure, signer(about, DU, AU, facilitateur=chantier.facilitateur, by=chantier.by)


def start(chantier, bilan):
    client = chantier.client(Role.FACILITATEUR)
    answer = client.post(reverse("pages:temoignage_depuis_bilan", args=[bilan.pk]))
    story = Temoignage.objects.get()
    assert answer.url == reverse("pages:temoignage_edit", args=[story.pk])
    return client, story


def test_a_report_gives_a_draft_with_its_figures_and_its_links():
    chantier, structure, bilan = report(people=6)
    page = text(chantier.client(Role.FACILITATEUR).get(reverse("clauses:bilan_signe", args=[bilan.pk])))
    assert "Écrire un témoignage avec ces chiffres" in page
    client, story = start(chantier, bilan)
    assert story.statut == Temoignage.Statut.BROUILLON
    assert story.auteur == chantier.facilitateur.organisation
    assert list(story.lots.all()) == [chantier.clause.lot]
    assert list(story.marches.all()) == [chantier.clause.lot.marche]
    assert list(story.structures.all()) == [structure]
    told = {figure.libelle: figure for figure in story.chiffres.all()}
    assert set(told) == {"Heures d'insertion acceptées", "Personnes en parcours"}
    assert told["Heures d'insertion acceptées"].valeur == "600"
    assert {figure.origine for figure in told.values()} == {ChiffreCle.Origine.CALCULE}
    assert {figure.periode for figure in told.values()} == {"du 01/01/2026 au 31/12/2026"}
    assert all(f"Bilan n° {bilan.pk}" in figure.source for figure in told.values())
    for said in ("## Le besoin", "Bâti solidaire", "600 heures"):
        assert said in story.corps
    edit = text(client.get(reverse("pages:temoignage_edit", args=[story.pk])))
    assert "Personnes en parcours" in edit
    # Once begun, the report leads to it instead of making another.
    assert story.titre.split("\u00a0")[0] in text(client.get(reverse("clauses:bilan_signe", args=[bilan.pk])))
    start(chantier, bilan)
    assert Temoignage.objects.count() == 1


@pytest.mark.parametrize(
    ("people", "left", "hired", "expected"),
    [
        (4, 0, 0, set()),
        (12, 0, 0, {"Personnes en parcours"}),
        (12, 4, 0, {"Personnes en parcours"}),  # 4 people left: nothing of what they do is told
        (12, 6, 0, {"Personnes en parcours", "Emplois durables à 6 mois, sur 6 personnes suivies"}),
        (12, 12, 5, {"Personnes en parcours", "Emplois durables à 6 mois, sur 12 personnes suivies",
                     "Personnes embauchées par l'acheteur"}),
        (12, 12, 8, {"Personnes en parcours", "Emplois durables à 6 mois, sur 12 personnes suivies"}),
    ],
)  # fmt: skip
def test_small_counts_never_reach_a_public_story(people, left, hired, expected):
    chantier, _, bilan = report(people, left, hired)
    _, story = start(chantier, bilan)
    labels = set(story.chiffres.values_list("libelle", flat=True))
    assert labels - {"Heures d'insertion acceptées"} == expected


def test_only_the_facilitator_who_signed_it_starts_from_a_report():
    chantier, _, bilan = report()
    url = reverse("pages:temoignage_depuis_bilan", args=[bilan.pk])
    assert sign_in(Role.FACILITATEUR).post(url).status_code == 404
    assert sign_in(Role.RESEAU).post(url).status_code == 403
    assert chantier.client(Role.FACILITATEUR).get(url).status_code == 405
    buyer = text(chantier.client(Role.ACHETEUR).get(reverse("clauses:bilan_signe", args=[bilan.pk])))
    assert "En faire un témoignage" not in buyer
    assert not Temoignage.objects.exists()


def test_a_facilitator_writes_and_publishes_its_own_stories_alone():
    chantier, _, bilan = report()
    client, story = start(chantier, bilan)
    other = f.make_temoignage(statut=Temoignage.Statut.BROUILLON, publie_le=None)
    assert client.get(reverse("pages:temoignage_edit", args=[other.pk])).status_code == 404
    assert client.get(reverse("pages:mes_temoignages")).status_code == 200
    story.chapeau = "Six personnes, un chantier."
    story.save()
    assert client.post(reverse("pages:temoignage_publication", args=[story.pk]), {"publier": "1"}).status_code == 302
    story.refresh_from_db()
    assert story.statut == Temoignage.Statut.PUBLIE
    assert Decimal(story.chiffres.first().valeur) == Decimal(600)
