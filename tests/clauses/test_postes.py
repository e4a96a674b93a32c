"""Open posts: written, sent once to each service, filled, closed."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from clauses.models import Poste, Prescripteur
from portal.models import Envoi
from portal.permissions import Role
from tests import factories as f
from tests.clauses.helpers import text

pytestmark = pytest.mark.django_db
HUGE = 10**30


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


@pytest.fixture
def client(chantier):
    return chantier.client(Role.FACILITATEUR)


def post(client, name, pk=None, **data):
    return client.post(reverse(f"clauses:{name}", args=[pk] if pk else []), data, follow=True)


def test_a_post_is_sent_once_to_each_service_and_names_nobody(chantier, client):
    data = {"employeur": chantier.entreprise.pk, "metier": "Peintre", "rome": "f1606", "nombre": "2"}
    post(client, "poste_create", chantier.clause.pk, **data)
    poste = Poste.objects.get()
    assert (poste.rome, poste.nombre, poste.publie_le) == ("F1606", 2, None)
    assert "liste de prescripteurs est vide" in text(post(client, "poste_diffuser", poste.pk))
    first = f.make_prescripteur(facilitateur=chantier.facilitateur)
    f.make_prescripteur(facilitateur=chantier.facilitateur, actif=False)
    f.make_prescripteur()  # another body's
    for _ in range(2):
        post(client, "poste_diffuser", poste.pk)
    sent = Envoi.objects.get(cle=f"poste:{poste.pk}")
    assert sent.destinataire == first.courriel
    assert "2 postes ouverts" in sent.sujet
    assert all(a.participant.code not in sent.texte for a in chantier.affectations)
    assert client.user.email not in sent.texte
    page = text(client.get(reverse("clauses:poste", args=[poste.pk])))
    assert "Envoyé à 1 service." in page
    assert "Diffuser le poste" not in page
    later = f.make_prescripteur(facilitateur=chantier.facilitateur)
    page = text(client.get(reverse("clauses:poste", args=[poste.pk])))
    assert "Envoyé à 1 service, 1 autre de votre liste ne l’a pas encore reçu." in page
    post(client, "poste_diffuser", poste.pk)
    assert set(Envoi.objects.filter(cle=sent.cle).values_list("destinataire", flat=True)) == {
        first.courriel, later.courriel,
    }  # fmt: skip


def test_a_post_closes_when_filled_and_opens_again_below(chantier, client):
    poste = f.make_poste(clause=chantier.clause, nombre=2)
    for filled, closed in [("1", None), ("2", date(2026, 6, 15)), ("1", None)]:
        post(client, "poste", poste.pk, pourvus=filled)
        poste.refresh_from_db()
        assert (poste.pourvus, poste.clos_le) == (int(filled), closed)
    post(client, "poste_clore", poste.pk)
    assert "Ce poste est clos" in text(post(client, "poste_diffuser", poste.pk))


def test_a_service_is_written_once_and_may_stop(chantier, client):
    for _ in range(2):
        page = post(client, "prescripteurs", nom="Mission locale", courriel="Accueil@Mission.example")
    assert "déjà dans votre liste" in text(page)
    service = Prescripteur.objects.get()
    post(client, "prescripteur_bascule", service.pk)
    service.refresh_from_db()
    assert not service.actif


@pytest.mark.parametrize(
    "bad",
    [{"nombre": "0"}, {"nombre": "501"}, {"nombre": HUGE}, {"nombre": "x"}, {"rome": "ABCDE"}, {"metier": "\x00"},
     {"metier": ""}, {"employeur": HUGE}, {"employeur": ""}, {"site": HUGE}, {"a_partir_du": "x"},
     {"description": "x" * 200_000}, {"amenagement": "x" * 400}],
)  # fmt: skip
def test_bad_posts_write_nothing(chantier, client, bad):
    data = {"employeur": chantier.entreprise.pk, "metier": "Peintre", "nombre": "2"} | bad
    assert post(client, "poste_create", chantier.clause.pk, **data).context["form"].errors
    assert not Poste.objects.exists()


@pytest.mark.parametrize("bad", ["3", "-1", "x", "", str(HUGE), "9" * 5000])
def test_bad_counts_write_nothing(chantier, client, bad):
    poste = f.make_poste(clause=chantier.clause, nombre=2)
    assert post(client, "poste", poste.pk, pourvus=bad).context["form"].errors
    poste.refresh_from_db()
    assert poste.pourvus == 0
