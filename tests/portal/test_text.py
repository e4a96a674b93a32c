import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.text import LONGEST_STEM, de_lieu, fold, racines, slugify_fr, sort_key, stems, tokens


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("L'Étape du Cœur", "l etape du coeur"),
        ("L’étape", "l etape"),
        ("  Saint-Denis\t(93)\n", "saint denis 93"),
        ("ŒUVRE et ÆTHER", "oeuvre et aether"),
        ("É", "e"),
        ("E\u0301", "e"),
        ("Straße", "strasse"),
        ("E.S.A.T. Les Genêts", "esat les genets"),
        ("S.A.R.L", "sarl"),
        ("S.À.R.L. Été", "sarl ete"),
        ("10.5 m² à 3 €", "10 5 m2 a 3"),
        ("ﬁn…", "fin"),
        ("Fin.Début L. 2113-12", "fin debut l 2113 12"),
        ("bâti\u00admen\x00t", "batiment"),
        ("a\u00a0b\u202fc\x0bd", "a b c d"),
        ("%_\\'\";--", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded


@settings(deadline=None)
@given(st.text())
def test_fold_twice_changes_nothing_and_keeps_words_only(text):
    folded = fold(text)
    assert fold(folded) == folded
    assert all(char == " " or char.isalnum() for char in folded)
    assert folded == " ".join(folded.split())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bâtiment", "Batiments"),
        ("espaces verts", "Espace vert"),
        ("œuvre", "OEUVRES"),
        ("L'Étape", "etape"),
        ("l’entretien d'espaces verts", "Entretien des espaces verts"),
        ("peinture", "Peintures"),
        ("les Jardins de l'Avenir", "jardin avenir"),
        ("déchets", "DECHET"),
    ],
)
def test_stems_match(one, other):
    assert stems(one) == stems(other) != []


@pytest.mark.parametrize(("one", "other"), [("vert", "verre"), ("peinture", "plomberie"), ("lot 1", "lot 2")])
def test_stems_differ(one, other):
    assert stems(one) != stems(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("et de la du", []),
        ("35000 Rennes 2e3", ["35000", "ren", "2e3"]),
        ("Grand Est", ["grand", "est"]),
        ("Pas-de-Calais", ["pas", "calais"]),
        ("Qu'est-ce", ["est"]),
        ("", []),
    ],
)
def test_stems(text, expected):
    assert stems(text) == expected


@settings(deadline=None)
@given(st.text())
def test_stems_are_short_and_never_empty(text):
    assert all(0 < len(stem) <= LONGEST_STEM for stem in stems(text))


def test_stems_of_a_very_long_word_are_cut():
    assert stems("z" * 5000) == ["z" * LONGEST_STEM]


def test_tokens_keep_stop_words():
    assert tokens("L'Étape et le Vert") == ["l", "etape", "et", "le", "vert"]


def test_racines_are_unique_and_between_spaces():
    assert racines("Espaces verts", None, "espace vert, nettoyage") == " espac vert nettoyag "
    assert racines("", None, "de la") == racines() == ""


@settings(deadline=None)
@given(st.lists(st.text()))
def test_racines_holds_each_stem_as_a_whole_word(texts):
    column = racines(*texts)
    assert all(f" {stem} " in column for text in texts for stem in stems(text))
    assert len(column.split()) == len(set(column.split()))


def test_sort_key_puts_accents_with_their_letter():
    assert sorted(["Zoé", "Évry", "eau", "Été", "Fécamp"], key=sort_key) == ["eau", "Été", "Évry", "Fécamp", "Zoé"]


@pytest.mark.parametrize(
    ("nom", "expected"),
    [
        ("Caen", "de Caen"), ("Évreux", "d'Évreux"), ("Le Havre", "du Havre"), ("Les Andelys", "des Andelys"),
        ("La Rochelle", "de La Rochelle"), ("L'Haÿ-les-Roses", "de L'Haÿ-les-Roses"), ("Lens", "de Lens"),
        ("Hérouville-Saint-Clair", "d'Hérouville-Saint-Clair"), ("Honfleur", "de Honfleur"), ("Yvetot", "d'Yvetot"),
        ("Yerres", "de Yerres"), ("Œuilly", "d'Œuilly"), ("Lesquin", "de Lesquin"), ("LE MANS", "du MANS"),
        ("", "de "),
    ],
)  # fmt: skip
def test_de_lieu(nom, expected):
    assert de_lieu(nom) == expected


@pytest.mark.parametrize(
    ("text", "max_length", "slug"),
    [
        ("L'Étape du Cœur !", 60, "l-etape-du-coeur"),
        ("Entretien des espaces verts", 12, "entretien"),
        ("Entretien des espaces", 13, "entretien-des"),
        ("Anticonstitutionnellement", 10, "anticonsti"),
        ("日本", 60, ""),
        (None, 60, ""),
    ],
)
def test_slugify_fr(text, max_length, slug):
    assert slugify_fr(text, max_length) == slug


@settings(deadline=None)
@given(st.text(), st.integers(1, 80))
def test_slugify_fr_fits_an_address(text, max_length):
    slug = slugify_fr(text, max_length)
    assert len(slug) <= max_length
    assert slug.isascii()
    assert slug == slug.strip("-")
    assert "--" not in slug
