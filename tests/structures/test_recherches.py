"""Saved searches: what is kept of a query string, and who is written to when something new answers."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.permissions import Role
from structures.actions import recherches as actions
from structures.enums import Kind
from structures.models import RechercheEnregistree, Structure
from structures.search_index import reindex
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def save(client, parametres: str):
    return client.post(reverse("structures:recherche_enregistrer"), {"parametres": parametres})


def structure(**given) -> Structure:
    made = make.make_structure(**given)
    reindex([made.pk])
    return made


def check() -> None:
    call_command("alerter_recherches")


# What is kept -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("kind=EI", "kind=EI"),
        ("?kind=EI&page=4&tri=nom&vue=carte&csrfmiddlewaretoken=x", "kind=EI"),
        ("kind=ESAT&kind=EA&kind=EA", "kind=EA&kind=ESAT"),
        ("q=%20tonte%20&kind=", "q=tonte"),
        ("q=tonte&kind=NIMPORTE&inconnu=1&s=4", "q=tonte"),
        ("q=a%00b", "q=a+b"),
        ("rayon=10&q=tonte", "q=tonte"),  # a radius around nothing
        ("ou=Nulle-part-sur-mer&q=tonte", "q=tonte"),
    ],
)
def test_the_query_string_is_read_and_written_the_same_way(typed, kept):
    assert QueryDict(actions.read(typed).parametres) == QueryDict(kept)
    assert actions.read(actions.read(typed).parametres).parametres == actions.read(typed).parametres


def test_a_place_is_kept_by_its_code():
    commune = make.make_commune(code="14118", nom="Caen")
    criteres = actions.read("ou=Caen&rayon=20")
    assert QueryDict(criteres.parametres).dict() == {"lieu": f"commune-{commune.code}", "rayon": "20"}
    assert "20\u00a0km autour de Caen" in criteres.nom


@pytest.mark.parametrize(
    "empty", ["", "?", "page=3", "tri=nom&vue=carte", "kind=X", "rayon=5", "q=%00", "%ff=%fe", "&&==;"]
)
def test_a_search_without_criterion_is_refused_with_its_reason(client_acheteur, empty):
    response = client_acheteur.post(reverse("structures:recherche_enregistrer"), {"parametres": empty}, follow=True)
    assert "aucun critère" in text(response)
    assert not RechercheEnregistree.objects.exists()


def test_a_huge_query_string_is_refused(client_acheteur):
    save(client_acheteur, "q=" + "a" * 10_000)
    assert not RechercheEnregistree.objects.exists()


def test_the_name_is_in_french_and_bounded(client_acheteur):
    save(client_acheteur, "q=tonte&kind=EA")
    assert RechercheEnregistree.objects.get().nom == "«\u00a0tonte\u00a0» · Entreprise adaptée"
    save(client_acheteur, "&".join(f"kind={kind}" for kind in Kind))
    assert max(len(nom) for nom in RechercheEnregistree.objects.values_list("nom", flat=True)) == 120


def test_saving_twice_keeps_one(client_acheteur):
    save(client_acheteur, "kind=EI")
    assert save(client_acheteur, "page=2&kind=EI").url == reverse("structures:recherches")
    assert RechercheEnregistree.objects.count() == 1


def test_a_person_keeps_so_many(client_acheteur, monkeypatch):
    monkeypatch.setattr(actions, "MOST_SEARCHES", 1)
    save(client_acheteur, "kind=EI")
    save(client_acheteur, "kind=EA")
    assert RechercheEnregistree.objects.count() == 1


def test_mistyped_words_are_kept_as_they_were_looked_for(client_acheteur):
    structure(nom="Nettoyage du Bocage")
    save(client_acheteur, "q=netoyage")
    assert RechercheEnregistree.objects.get().parametres == "q=nettoyage"


def test_only_a_form_saves(client_acheteur, client):
    assert client_acheteur.get(reverse("structures:recherche_enregistrer")).status_code == 405
    assert save(client, "kind=EI").status_code == 302
    assert not RechercheEnregistree.objects.exists()


# One's own ----------------------------------------------------------------------------------------------------------
def test_searches_are_ones_own(client_acheteur):
    mine = make.make_recherche_enregistree(user=client_acheteur.user, nom="La mienne")
    colleague = sign_in(Role.ACHETEUR, organisation=client_acheteur.acteur_organisation)
    assert "La mienne" in text(client_acheteur.get(reverse("structures:recherches")))
    assert "La mienne" not in text(colleague.get(reverse("structures:recherches")))
    for name in ("recherche_modifier", "recherche_supprimer"):
        url = reverse(f"structures:{name}", args=[mine.pk])
        assert colleague.get(url).status_code == 404
        assert colleague.post(url, {"nom": "Volée"}).status_code == 404
    mine.refresh_from_db()
    assert mine.nom == "La mienne"


def test_rename_switch_delete(client_acheteur):
    recherche = make.make_recherche_enregistree(user=client_acheteur.user, parametres="kind=EI", connues=[1])
    url = reverse("structures:recherche_modifier", args=[recherche.pk])
    client_acheteur.post(url, {"nom": "Mes EI"})
    recherche.refresh_from_db()
    assert (recherche.nom, recherche.alerte, recherche.connues) == ("Mes EI", False, [])
    known = structure()
    client_acheteur.post(url, {"nom": "Mes EI", "alerte": "on"})
    recherche.refresh_from_db()
    assert (recherche.alerte, recherche.connues) == (True, [known.pk])
    client_acheteur.post(reverse("structures:recherche_supprimer", args=[recherche.pk]))
    assert not RechercheEnregistree.objects.exists()


@pytest.mark.parametrize("nom", ["", " ", "a" * 121, "a\x00"])
def test_bad_names_are_refused(client_acheteur, nom):
    recherche = make.make_recherche_enregistree(user=client_acheteur.user, nom="Bonne")
    url = reverse("structures:recherche_modifier", args=[recherche.pk])
    assert client_acheteur.post(url, {"nom": nom}).status_code == 200
    recherche.refresh_from_db()
    assert recherche.nom == "Bonne"


def test_query_counts_do_not_grow(client_acheteur, django_assert_num_queries):
    url = reverse("structures:recherches")
    make.make_recherche_enregistree(user=client_acheteur.user)
    with CaptureQueriesContext(connection) as one:
        client_acheteur.get(url)
    for _ in range(8):
        make.make_recherche_enregistree(user=client_acheteur.user, connues=list(range(100)))
    with django_assert_num_queries(len(one)):
        client_acheteur.get(url)


# The alert ----------------------------------------------------------------------------------------------------------
def test_only_what_is_new_is_told_and_once(client_acheteur, capsys):
    structure(nom="Déjà là")
    save(client_acheteur, "kind=EI")
    check()
    assert mail.outbox == []
    new = structure(nom="L'Étape Nouvelle", ville="Caen")
    structure(kind=Kind.EA, nom="Autre type")
    structure(nom="Cachée", publiee=False)
    check()
    check()
    (sent,) = mail.outbox
    assert sent.to == [client_acheteur.user.email]
    assert sent.subject == "1 nouvelle structure\u00a0: Entreprise d'insertion"
    assert "L'Étape Nouvelle" in sent.body
    assert new.get_absolute_url() in sent.body
    assert not any(other in sent.body for other in ("Déjà là", "Autre type", "Cachée"))
    assert "annoncées\u00a0: 1" in capsys.readouterr().out


def test_a_structure_that_comes_back_is_not_new(client_acheteur):
    known = structure()
    save(client_acheteur, "kind=EI")
    Structure.objects.update(publiee=False)
    check()
    Structure.objects.filter(pk=known.pk).update(publiee=True)
    check()
    assert mail.outbox == []


def test_the_first_look_at_a_search_tells_nothing():
    make.make_recherche_enregistree(parametres="kind=EI")
    structure()
    check()
    assert mail.outbox == []
    structure()
    check()
    assert len(mail.outbox) == 1


def test_ten_at_most_are_named(client_acheteur):
    save(client_acheteur, "kind=EI")
    for n in range(12):
        structure(nom=f"Nouvelle {n:02d}")
    check()
    (sent,) = mail.outbox
    assert len(re.findall(r"^- Nouvelle", sent.body, re.M)) == 10
    assert "2 autres" in sent.body
    assert sent.subject.startswith("12 nouvelles structures")
    assert "/structures/?kind=EI" in sent.body


def test_who_left_or_said_no_is_not_written_to(client_acheteur, client_structure):
    save(client_acheteur, "kind=EI")
    save(client_structure, "kind=EI")
    client_acheteur.user.is_active = False
    client_acheteur.user.save()
    client_structure.user.recherches.update(alerte=False)
    structure()
    check()
    assert mail.outbox == []


def test_the_link_switches_off_without_an_account(client_acheteur, client):
    save(client_acheteur, "kind=EI")
    structure()
    check()
    (url,) = re.findall(r"https?://[^/]+(/structures/recherches/arreter/\S+)", mail.outbox[0].body)
    assert "Entreprise d&#x27;insertion" in text(client.get(url))
    assert RechercheEnregistree.objects.get().alerte  # opening the page changes nothing
    client.post(url)
    assert not RechercheEnregistree.objects.get().alerte
    assert "coupée" in text(client.get(url))


@pytest.mark.parametrize("jeton", ["1", "1:x", "x:y:z", "%00", "é"])
def test_a_forged_link_does_not_exist(client, client_acheteur, jeton):
    make.make_recherche_enregistree(pk=1)
    assert client.post(f"/structures/recherches/arreter/{jeton}/").status_code == 404
    assert RechercheEnregistree.objects.get(pk=1).alerte


def test_too_many_answers_give_no_alert(client_acheteur, monkeypatch):
    monkeypatch.setattr(actions, "MOST_ANSWERS", 1)
    structure()
    structure()
    save(client_acheteur, "kind=EI")
    recherche = RechercheEnregistree.objects.get()
    assert (recherche.alerte, recherche.connues) == (False, [])
    url = reverse("structures:recherche_modifier", args=[recherche.pk])
    assert "précisez-la" in text(client_acheteur.post(url, {"nom": "x", "alerte": "on"}))


def test_a_search_no_longer_understood_stops_nobody_else(client_acheteur, capsys):
    make.make_recherche_enregistree(parametres="reseau=disparu")
    save(client_acheteur, "kind=EI")
    structure()
    check()
    assert len(mail.outbox) == 1
    assert "incomprises\u00a0: 1" in capsys.readouterr().out


def test_the_day_of_the_check_is_kept(client_acheteur):
    save(client_acheteur, "kind=EI")
    RechercheEnregistree.objects.update(verifiee_le=timezone.now() - timedelta(days=3))
    check()
    assert timezone.now() - RechercheEnregistree.objects.get().verifiee_le < timedelta(minutes=1)
