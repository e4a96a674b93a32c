"""Long files of purchases: saved in the queue, followed, refused."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.urls import reverse

from marches.actions import achats as actions
from marches.models import AchatRealise, FichierAchats
from marches.tasks import import_achats
from portal.models import Depot
from tests.factories import make_fichier_achats, make_siret
from tests.marches.test_achats import HEADER, ON, TABLEAU, sent

pytestmark = pytest.mark.django_db


def test_a_long_file_is_saved_in_the_queue(client_acheteur, monkeypatch):
    monkeypatch.setattr(actions, "FEW_BYTES", 10)
    waiting = []
    queue = SimpleNamespace(enqueue=lambda *given: waiting.append(given))
    monkeypatch.setattr("marches.tasks.import_achats", queue)
    content = f"{HEADER}{make_siret()};Ici;100;2025;;\nx;Nulle part;5;2025;;\n;Total;;;;\n"
    answer = sent(client_acheteur, content)
    fichier = FichierAchats.objects.get()
    url = fichier.get_absolute_url()
    assert answer.redirect_chain[-1][0] == url
    page = answer.content.decode()
    assert "En attente de son tour" in page
    assert "3 lignes à enregistrer" in page
    assert "en cours" in client_acheteur.get(TABLEAU).content.decode()
    assert not AchatRealise.objects.exists()
    preview = reverse("marches:achats_apercu", args=[waiting[0][1]])
    assert "déjà été envoyé" in client_acheteur.post(preview, follow=True).content.decode()
    for etape, words in (("lecture", "1 sur 3 lignes lues"), ("ecriture", "1 ligne lue")):
        fichier.rapport |= {"etape": etape, "position": 1}
        fichier.save()
        assert words in client_acheteur.get(url).content.decode().replace("\u202f", " ")
    fichier_pk, depot_pk, on = waiting[0]
    for _ in range(2):  # a second run changes nothing
        actions.run(fichier_pk, depot_pk, date.fromisoformat(on))
        assert (AchatRealise.objects.count(), Depot.objects.count()) == (2, 0)
    page = client_acheteur.get(url).content.decode()
    assert "Retirer le fichier" in page
    assert "En attente" not in page


def test_a_long_file_that_cannot_be_saved_says_why_and_may_come_again(client_acheteur, monkeypatch):
    monkeypatch.setattr(actions, "FEW_BYTES", 10)
    content = f"{HEADER}{make_siret()};Ici;zéro;2025;;\n"
    for _ in range(2):
        page = sent(client_acheteur, content).content.decode()
        assert "Rien n’a été enregistré" in page
        assert "revoyez le choix des colonnes" in page
    assert "(refusé)" in client_acheteur.get(TABLEAU).content.decode()
    fichier = FichierAchats.objects.first()
    client_acheteur.post(reverse("marches:achats_supprimer", args=[fichier.pk]))
    assert FichierAchats.objects.count() == 1


def test_a_file_taken_back_or_gone_before_its_turn(client_acheteur):
    rapport = {"etape": "attente", "position": 0, "total": 2, "colonnes": {}, "annee": 2025}
    fichier = make_fichier_achats(organisation=client_acheteur.acteur_organisation, rapport=rapport)
    actions.run(fichier.pk, 0, ON)
    fichier.refresh_from_db()
    assert "déposez-le de nouveau" in fichier.rapport["echec"]
    fichier.delete()
    actions.run(fichier.pk, 0, ON)
    assert not FichierAchats.objects.exists()


def test_an_unforeseen_error_is_told(client_acheteur, monkeypatch):
    rapport = {"etape": "attente", "position": 0, "total": 2, "colonnes": {}, "annee": 2025}
    fichier = make_fichier_achats(organisation=client_acheteur.acteur_organisation, rapport=rapport)
    monkeypatch.setattr(actions, "run", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        import_achats.func(fichier.pk, 0, ON.isoformat())
    assert "erreur imprévue" in client_acheteur.get(fichier.get_absolute_url()).content.decode()
