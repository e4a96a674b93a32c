from types import SimpleNamespace

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.search import MOST_WORDS, RacinesMixin, correct, filter_stems, filter_words, racines_index
from portal.text import racines, stems

TEXTS = {
    1: "Entretien d'espaces verts",
    2: "Peinture en bâtiment",
    3: "L'Étape, blanchisserie",
    4: "Œuvre des jardins, 100 % bio",
    5: "Espace de peinture",
    6: "",
}


class Fiche(RacinesMixin):
    class Meta:
        app_label = "tests_search"
        db_table = "tests_search_fiche"

    def __str__(self):
        return self.racines


@pytest.fixture
def fiches(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE tests_search_fiche (id bigint PRIMARY KEY, racines text NOT NULL)")
    Fiche.objects.bulk_create(Fiche(pk=pk, racines=racines(text)) for pk, text in TEXTS.items())
    yield Fiche.objects.order_by("pk")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE tests_search_fiche")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("espace vert", [1]),
        ("ESPACES", [1, 5]),
        ("peintures", [2, 5]),
        ("batiments", [2]),
        ("l'etape", [3]),
        ("oeuvre", [4]),
        ("100", [4]),
        ("10", []),
        ("peint", []),
        ("verts et peinture", []),
        ("vert\x00s", [1]),
        ("' OR 1=1 --", []),
        ("%", [1, 2, 3, 4, 5, 6]),
        ("de la", [1, 2, 3, 4, 5, 6]),
        ("", [1, 2, 3, 4, 5, 6]),
        (None, [1, 2, 3, 4, 5, 6]),
        ("espaces " * 500, [1, 5]),
    ],
)
def test_filter_words(fiches, question, found):
    assert [fiche.pk for fiche in filter_words(fiches, question)] == found


def test_no_word_leaves_the_queryset_as_it_is(fiches):
    assert filter_words(fiches, "et de la") is fiches


@pytest.mark.parametrize("stem", ["%", "_", "\\", "'", "ver_", "a'b", "'' | ''", "!", "a:*", "\x00", "vert\\"])
def test_lookup_takes_hostile_stems_literally(fiches, stem):
    found = fiches.filter(racines__contient_racines=["vert", stem])
    assert [fiche.pk for fiche in found] == ([1] if stem == "\x00" else [])


@pytest.mark.parametrize("value", ["espac vert", " espac  vert ", ["espac", "vert"], ("vert", "espac")])
def test_lookup_takes_a_list_or_spaced_stems(fiches, value):
    assert [fiche.pk for fiche in fiches.filter(racines__contient_racines=value)] == [1]
    assert [fiche.pk for fiche in fiches.exclude(racines__contient_racines=value)] == [2, 3, 4, 5, 6]


def test_lookup_without_stem_keeps_every_row(fiches):
    assert fiches.filter(racines__contient_racines=[]).count() == len(TEXTS)
    assert not fiches.exclude(racines__contient_racines="").exists()


def test_only_the_first_words_are_looked_for(fiches):
    assert [fiche.pk for fiche in filter_stems(fiches, ["espac"] * MOST_WORDS + ["absent"])] == [1, 5]


@given(text=st.text(min_size=1, max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_a_row_is_found_by_its_own_words(fiches, text):
    Fiche.objects.filter(pk=6).update(racines=racines(text))
    if stems(text):
        assert filter_words(fiches, text).filter(pk=6).exists()


@pytest.mark.parametrize(("vendor", "statements"), [("postgresql", 1), ("sqlite", 0)])
def test_racines_index_exists_on_postgresql_only(vendor, statements):
    sql = []
    editor = SimpleNamespace(
        connection=SimpleNamespace(vendor=vendor), execute=sql.append, quote_name=lambda name: f'"{name}"'
    )
    operation = racines_index("structures_structure", "structure_racines")
    operation.code(None, editor)
    assert len(sql) == statements
    operation.reverse_code(None, editor)
    assert len(sql) == 2 * statements
    assert operation.reversible


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_racines_index_serves_the_lookup(fiches):
    with connection.schema_editor() as editor:
        racines_index("tests_search_fiche", "fiche_racines").code(None, editor)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "fiche_racines" in filter_words(Fiche.objects.all(), "espaces verts").explain()


VOCABULARY = {"nettoyag", "blanchisser", "espac", "vert", "peintur", "2024"}


@pytest.mark.parametrize(
    ("given_text", "corrected", "replaced"),
    [
        ("netoyage", ["nettoyag"], {"netoyag": "nettoyag"}),
        ("blanchiserie espaces", ["blanchisser", "espac"], {"blanchiser": "blanchisser"}),
        ("espaces verts", ["espac", "vert"], {}),
        ("hélicoptère", ["helicopter"], {}),
        ("2023", ["2023"], {}),
        ("", [], {}),
    ],
)
def test_correct(given_text, corrected, replaced):
    assert correct(stems(given_text), VOCABULARY) == (corrected, replaced)
    assert correct(stems(given_text), sorted(VOCABULARY)) == (corrected, replaced)


def test_correct_without_vocabulary_changes_nothing():
    assert correct(["vert"], []) == (["vert"], {})
