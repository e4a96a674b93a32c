"""Searches of the register: whatever way is chosen, the contracts found are those of a plain reading, in its order."""

from datetime import date, timedelta
from random import Random
from urllib.parse import urlencode

import pytest
from django.core.cache import caches
from django.test import RequestFactory

from marches import parcours
from marches.enums import Reservation
from marches.filters import MarcheFilter
from marches.models import Lot, Marche
from marches.parcours import Parcours, Tri, parcours_of
from marches.upsert import join_stems
from portal.text import stems
from tests import factories as make

pytestmark = pytest.mark.django_db
WORDS = ("peinture", "toiture", "voirie", "école", "naïveté")
PLAFOND = 12
DAY = date(2024, 1, 1)
FIRST, OTHER = "300000012", "300000020"


@pytest.fixture
def register():
    """60 contracts of one to four lots, a few of them drafts, many of the same day; the same ones every time."""
    random = Random(11)
    region = make.make_region(code="28", nom="Normandie")
    for code, nom in (("14", "Calvados"), ("27", "Eure")):
        make.make_departement(code=code, nom=nom, region=region)
    families = [make.make_secteur(code=code) for code in ("bois", "eau")]
    leaf = make.make_secteur(code="bois.sciage", parent=families[0])
    firms = [make.make_organisation(identifiant=f"{siren}00015") for siren in (FIRST, OTHER)]
    for _ in range(60):
        marche = make.make_marche(
            racines=join_stems(stems(" ".join(random.sample(WORDS, 2)))), publie=random.random() < 0.9
        )
        days = [DAY + timedelta(days=random.randrange(6) * random.choice((1, 40))) for _ in range(2)]
        for _ in range(random.choice((1, 1, 2, 4))):
            lot = make.make_lot(
                marche=marche,
                date_notification=random.choice((*days, days[0], None)),
                departement_id=random.choice(("14", "27", None)),
                secteur=random.choice((*families, leaf, None)),
                cpv=random.choice(("90910000", "45442100", "")),
                reservation=random.choice([Reservation.AUCUNE] * 3 + [Reservation.HANDICAP, Reservation.INSERTION]),
                clause_sociale=random.random() < 0.3,
                critere_social=random.random() < 0.2,
                montant=random.choice((None, 1, 5_000, 5_000, 70_000, 10**12)),
            )
            for firm in random.sample(firms, random.randrange(3)):
                make.make_titulaire(lot=lot, organisation=firm)


CHOICES = {
    "q": ("voirie", "peinture toiture", "ecole", "naïveté", "absent"),
    "secteur": ("bois", "bois.sciage", "eau"),
    "lieu": ("Calvados", "Normandie", "Nulle-Part-sur-Mer"),
    "cpv": ("909", "45"),
    "du": ("2024-01-03", "2024-03-01"),
    "au": ("2024-01-04", "2024-04-30"),
    "consideration": ("clause", "critere", "reserve", "toute", "aucune"),
    "reservation": ("handicap", "aucune", "ess"),
    "titulaire": (FIRST,),
}


def loaded() -> list[Marche]:
    """The published contracts with all that is asked of them."""
    marches = Marche.objects.filter(publie=True)
    return list(marches.prefetch_related("lots__secteur__parent", "lots__titulaires__organisation"))


def naive(marches: list[Marche], query: dict[str, str]) -> list[int]:
    """Every contract and every lot read one by one."""

    def answers(lot: Lot) -> bool:
        secteur, reserved = lot.secteur, lot.reservation != "aucune"
        social = {
            "clause": lot.clause_sociale, "critere": lot.critere_social, "reserve": reserved,
            "toute": lot.clause_sociale or lot.critere_social or reserved,
            "aucune": not (lot.clause_sociale or lot.critere_social or reserved), "": True,
        }  # fmt: skip
        places = {"Calvados": {"14"}, "Normandie": {"14", "27"}, "": {"14", "27", None}}
        notified = lot.date_notification
        holders = {titulaire.organisation.siren for titulaire in lot.titulaires.all()}
        sectors = {secteur.code, secteur.parent and secteur.parent.code} if secteur else set()
        return (
            ("secteur" not in query or query["secteur"] in sectors)
            and lot.departement_id in places.get(query.get("lieu", ""), ())
            and lot.cpv.startswith(query.get("cpv", ""))
            and ("du" not in query or notified is not None and f"{notified}" >= query["du"])
            and ("au" not in query or notified is not None and f"{notified}" <= query["au"])
            and social[query.get("consideration", "")]
            and query.get("reservation", lot.reservation) == lot.reservation
            and ("titulaire" not in query or query["titulaire"] in holders)
        )

    asks_lots = set(query) - {"q"}
    found = []
    for marche in marches:
        lots = marche.lots.all()
        said = set(marche.racines.split())
        if said.issuperset(stems(query.get("q"))) and (not asks_lots or any(map(answers, lots))):
            last = max((lot.date_notification for lot in lots if lot.date_notification), default=None)
            found.append((f"{last:%Y%m%d}" if last else "0", marche.pk))
    return [pk for _, pk in sorted(found, key=lambda key: (int(key[0]), key[1]), reverse=True)]


def questions() -> list[dict[str, str]]:
    """Every value alone, then a hundred mixtures; the same ones every time."""
    random = Random(5)
    alone: list[dict[str, str]] = [{}, *({name: value} for name, values in CHOICES.items() for value in values)]
    for _ in range(45):
        names = random.sample(sorted(CHOICES), random.choice((2, 2, 3, 4)))
        alone.append({name: random.choice(CHOICES[name]) for name in names})
    return [query for query in alone if query.get("du", "") <= query.get("au", "9")]


def asked(query: dict[str, str], **given) -> tuple[MarcheFilter, Parcours]:
    registre = MarcheFilter(
        RequestFactory().get("/marches/", query).GET, queryset=Marche.objects.filter(publie=True), **given
    )
    assert registre.qs is not None
    assert not registre.form.errors
    return registre, Parcours(registre.question, PLAFOND)


# Rows sampled, rows worth reading on, how many times what is counted is gathered at once.
WAYS = {"few read": (3, 6, 1), "some read": (10, 30, 2), "all read": (500, 500, 10), "no sample": (1, 1, 10)}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_way_finds_what_a_plain_reading_does(register, monkeypatch, way):
    for name, value in zip(("SAMPLE", "LONGEST", "MANY"), way, strict=True):
        monkeypatch.setattr(parcours, name, value)
    marches, sizes = loaded(), set()
    for query in questions():
        expected = naive(marches, query)
        sizes.add(min(len(expected), PLAFOND + 1))
        registre, found = asked(query)
        assert [marche.pk for marche in registre.qs] == expected, query
        assert found.nombre == min(len(expected), PLAFOND + 1), query
        for stop in (2, 5, PLAFOND):
            assert [pk for _, pk in found.cles(stop)] == expected[:stop], (query, stop)
    assert {0, 1, PLAFOND + 1} <= sizes  # none, few and many were asked for


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_way_finds_what_a_plain_reading_does_in_the_other_orders(register, monkeypatch, way):
    for name, value in zip(("SAMPLE", "LONGEST", "MANY"), way, strict=True):
        monkeypatch.setattr(parcours, name, value)
    marches, sizes = loaded(), set()
    shown = {marche.pk: marche for marche in marches}
    keys = {
        "montant": lambda pk: (-shown[pk].montant_lots, -pk), "titre": lambda pk: (shown[pk].objet_tri, pk),
    }  # fmt: skip
    for rank, query in enumerate(questions()):
        tri = ("montant", "titre")[rank % 2]
        expected = sorted(naive(marches, query), key=keys[tri])
        sizes.add(min(len(expected), PLAFOND + 1))
        registre, _ = asked(query | {"tri": tri})
        found = parcours_of(registre.question, registre.qs, registre.ordre, PLAFOND)
        assert isinstance(found, Tri)
        assert [marche.pk for marche in registre.qs] == expected, query
        assert found.nombre == min(len(expected), PLAFOND + 1), query
        for stop in (2, 5, PLAFOND):
            assert found.cles(stop) == expected[:stop], (query, tri, stop)
    assert {0, 1, PLAFOND + 1} <= sizes


def test_what_is_kept_of_a_search_tells_only_that_many_answer(register, settings, monkeypatch):
    """The next page finds what the first gathered; few answers are read again, and each search has its own."""
    near = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "registre-essai"}
    settings.CACHES = settings.CACHES | {"proche": near}
    monkeypatch.setattr(parcours, "SAMPLE", 1)
    for _ in range(2):
        for query in ({"q": "voirie"}, {"q": "peinture"}, {"q": "peinture toiture"}, {"q": "absent"}):
            expected = naive(loaded(), query)
            registre, found = asked(query)
            assert found.nombre == min(len(expected), PLAFOND + 1)
            assert [pk for _, pk in found.cles(5)] == expected[:5]
    few = asked({"q": "peinture toiture"})[1]
    assert 0 < few.nombre <= PLAFOND
    Marche.objects.filter(pk=few.cles(1)[0][1]).delete()
    assert asked({"q": "peinture toiture"})[1].nombre == few.nombre - 1
    caches["proche"].clear()


def test_pages_show_the_rows_in_order(register, rf):
    registre, found = asked({"q": "voirie"})
    expected = naive(loaded(), {"q": "voirie"})
    for number in (1, 2, 3, 99):
        request = rf.get(f"/marches/?{urlencode({'page': number})}")
        page = found.page(request, registre.queryset.for_cards(), per_page=5)
        assert page.number == min(number, 3)
        assert page.plus == (len(expected) > PLAFOND)
        start = (page.number - 1) * 5
        assert [marche.pk for marche in page] == expected[:PLAFOND][start : start + 5]


def test_a_page_costs_four_queries_at_most(register, rf, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(parcours, "SAMPLE", 3)
    for query in ({}, {"q": "voirie"}, {"lieu": "Calvados"}, {"q": "voirie", "consideration": "toute"}):
        registre, _ = asked(query)
        with django_assert_max_num_queries(4):
            Parcours(registre.question, PLAFOND).page(rf.get("/marches/"), registre.queryset.for_cards(), per_page=5)
