import pytest

from portal.pages.rules import missing_to_publish

READY = {"chapeau": "Résumé.", "corps": "Récit.", "linked": 1, "photos": [("Une haie", "Studio")]}


def test_nothing_is_missing_from_a_complete_story():
    assert missing_to_publish(**READY) == []
    assert missing_to_publish(**READY | {"photos": []}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"chapeau": "  \n"}, "résumé"),
        ({"corps": ""}, "récit"),
        ({"linked": 0}, "rattachez"),
        ({"photos": [("Une haie", "Studio"), (" ", "Studio")]}, "La photo 2 n'a pas de texte alternatif"),
        ({"photos": [("Une haie", "")]}, "La photo 1 n'a pas de crédit"),
    ],
)
def test_each_gap_is_said_with_what_to_do(change, words):
    (problem,) = missing_to_publish(**READY | change)
    assert words in problem


def test_every_gap_is_said_at_once():
    assert len(missing_to_publish(chapeau="", corps="", linked=0, photos=[("", "")])) == 5
