from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.templatetags import formats


def narrow(text: str) -> str:
    """Expected texts are written with « ~ » where a narrow no-break space is due."""
    return text.replace("~", "\u202f")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("nombre", 1234567, "1~234~567"),
        ("nombre", Decimal("1234.50"), "1~234,5"),
        ("nombre", 0, "0"),
        ("nombre", 100, "100"),
        ("nombre", "2.005", "2,01"),
        ("nombre", -0.001, "0"),
        ("nombre", None, "–"),
        ("nombre", "abc", "–"),
        ("nombre", float("nan"), "–"),
        ("nombre", Decimal("1E+400"), "–"),
        ("euros", 1250000, "1~250~000~€"),
        ("euros_cents", 1250000, "1~250~000,00~€"),
        ("euros_cents", Decimal("-0.505"), "-0,51~€"),
        ("euros_cents", None, "non renseigné"),
        ("euros", Decimal("1250.50"), "1~250,50~€"),
        ("euros", Decimal("1250.00"), "1~250~€"),
        ("euros", Decimal("999.999"), "1~000~€"),
        ("euros", 0, "0~€"),
        ("euros", -12.3, "-12,30~€"),
        ("euros", None, "non renseigné"),
        ("euros", "", "non renseigné"),
        ("montant_ht", 1250000, "1~250~000~€~HT"),
        ("montant_ht", None, "non renseigné"),
        ("heures", Decimal("12345.5"), "12~345,5~h"),
        ("heures", Decimal("833.00"), "833~h"),
        ("heures", None, "–"),
        ("pourcent", 0.253, "25,3~%"),
        ("pourcent", Decimal("0.25"), "25~%"),
        ("pourcent", 1.2, "120~%"),
        ("pourcent", 0, "0~%"),
        ("pourcent", None, "–"),
        ("jour", date(2026, 11, 22), "22/11/2026"),
        ("jour", date(726, 1, 2), "02/01/0726"),
        ("jour", "2026-11-22", "22/11/2026"),
        ("jour", datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "23/11/2026"),  # half past midnight in Paris
        ("jour", None, "non renseigné"),
        ("jour", "2026-02-31", "non renseigné"),
        ("jour", "hier", "non renseigné"),
        ("mois", date(2026, 11, 22), "novembre 2026"),
        ("mois", date(2026, 8, 1), "août 2026"),
        ("mois", None, "non renseigné"),
        ("siret", "12345678900011", "123\u00a0456\u00a0789\u00a000011"),
        ("siret", "", "non renseigné"),
        ("siren", "123456789", "123\u00a0456\u00a0789"),
        ("siren", None, "non renseigné"),
        ("minuscule", "Plan de rattrapage", "plan de rattrapage"),
        ("minuscule", "Été", "été"),
        ("minuscule", "CDD de plus de 6 mois", "CDD de plus de 6 mois"),
        ("minuscule", "", ""),
        ("distance", 12.4, "à 12~km"),
        ("distance", 12.5, "à 13~km"),
        ("distance", 1, "à 1~km"),
        ("distance", 0.99, "à moins de 1~km"),
        ("distance", 0, "à moins de 1~km"),
        ("distance", None, ""),
    ],
)
def test_filters(name, value, expected):
    assert getattr(formats, name)(value) == narrow(expected)


@pytest.mark.parametrize(
    ("value", "forms", "expected"),
    [
        (0, "structure,structures", "0 structure"),
        (1, "structure,structures", "1 structure"),
        (1.5, "heure,heures", "1,5 heure"),
        (2, "structure,structures", "2 structures"),
        (1200, "cheval,chevaux", "1~200 chevaux"),
        (2, "lot", "2 lots"),
        (["a", "b"], "lot", "2 lots"),
        (None, "lot", "– lot"),
        ("3", "lot", "3 lots"),
    ],
)
def test_pluriel(value, forms, expected):
    assert formats.pluriel(value, forms) == narrow(expected)
    assert narrow(expected).endswith(f" {formats.accord(value, forms)}")


def test_articles_are_never_cut():
    said = formats.articles("Code du travail, L. 5212-10-1 et D. 5212-22 <b>")
    assert said == (
        'Code du travail, <span class="nowrap">L.\u00a05212-10-1</span> et <span class="nowrap">D.\u00a05212-22</span> '
        "&lt;b&gt;"
    )
    assert formats.articles(None) == ""


def test_in_a_template():
    template = Template('{% load formats %}{{ n|pluriel:"structure,structures" }}, {{ m|montant_ht }}')
    assert template.render(Context({"n": 0, "m": 1000})) == narrow("0 structure, 1~000~€~HT")


@settings(deadline=None)
@given(st.decimals(allow_nan=True, allow_infinity=True) | st.floats() | st.integers() | st.text() | st.none())
def test_no_value_breaks_a_page(value):
    for name in (
        "nombre",
        "euros",
        "euros_cents",
        "montant_ht",
        "heures",
        "pourcent",
        "jour",
        "mois",
        "siret",
        "siren",
        "distance",
    ):
        assert isinstance(getattr(formats, name)(value), str)
    assert formats.pluriel(value, "lot,lots")


@settings(deadline=None)
@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_nombre_can_be_read_back(value):
    assert Decimal(formats.nombre(value).replace("\u202f", "").replace(",", ".")) == value


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Où : ici ; là ! Non ?", "Où\xa0: ici\xa0; là\xa0! Non\xa0?"),
        ("un lot « vert »", "un lot «\xa0vert\xa0»"),
        ("L. 2113-12 et R. 2113-7, art. 83", "L.\xa02113-12 et R.\xa02113-7, art.\xa083"),
        ("30 % du coût", "30\xa0% du coût"),
        ("rien à garder", "rien à garder"),
        (None, ""),
    ],
)
def test_signs_stay_with_their_word(text, kept):
    assert formats.insecables(text) == kept


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**gras**", "<p><strong>gras</strong></p>"),
        ("# Titre", "<h2>Titre</h2>"),
        ("## Sous-titre", "<h2>Sous-titre</h2>"),
        ("- un\n- deux", "<ul>\n<li>un</li>\n<li>deux</li>\n</ul>"),
        ("un\ndeux", "<p>un<br>\ndeux</p>"),
        (
            "[site](https://exemple.fr)",
            '<p><a href="https://exemple.fr" rel="nofollow noopener noreferrer">site</a></p>',
        ),
        ("L'Étape\x00", "<p>L'Étape</p>"),
        ("Où : `a : b`, « ici »", "<p>Où&nbsp;: <code>a : b</code>, «&nbsp;ici&nbsp;»</p>"),
        ("", ""),
        (None, ""),
    ],
)
def test_markdown(text, html):
    assert formats.markdown(text).strip() == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '[x](https://e.fr "t\\" onclick=alert(1)")',
        "![pixel](https://espion.fr/p.gif)",
        "<a href='javascript:alert(1)'>x</a>",
        "<p style='position:fixed'>x</p>",
    ],
)
def test_markdown_lets_nothing_dangerous_through(text):
    html = formats.markdown(text)
    for danger in ("<script", "<img", 'href="javascript', 'href="data', "<p style", '" onclick', "<a href='"):
        assert danger not in html
