import re
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from portal.charts import bar_chart, chart_table, progress, small_multiples_months

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script> & \"'"
MONTHS = {date(2026, 1, 15): 10, date(2026, 3, 1): Decimal("20.5")}
CHARTS = {
    "bars": lambda text: bar_chart([(text, 3), ("B", Decimal("1.5")), ("C", None)], unit=text, title=text),
    "progress": lambda text: progress(120, 500, 0.3, text, unit=text),
    "months": lambda text: small_multiples_months({text: MONTHS, "B": {}}, unit=text, title=text),
}


def parsed(svg) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def widths(svg, css_class) -> list[float]:
    return [
        float(rect.get("width")) for rect in parsed(svg).iter(f"{SVG}rect") if css_class in rect.get("class").split()
    ]


@pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS.keys())
def test_charts_are_named_safe_and_without_style(draw):
    svg = draw(HOSTILE)
    assert isinstance(svg, SafeString)
    root = parsed(svg)
    assert root.get("role") == "img"
    title = root.find(f"{SVG}title")
    assert title.get("id") == root.get("aria-labelledby")
    assert HOSTILE in title.text
    assert "<script" not in svg
    assert "style" not in svg
    assert not re.search(r'="[\d.]*,', svg), "a decimal comma is no SVG number"


@pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS.keys())
def test_ids_are_unique(draw):
    identifiers = re.findall(r'\bid="([^"]+)"', draw("un") + draw("un"))
    assert len(identifiers) == len(set(identifiers)) == 2


def test_bars_are_on_one_scale():
    assert widths(bar_chart([("A", 10), ("B", 5), ("C", 0), ("D", -3)], title="T"), "chart-bar") == [310, 155, 0, 0]


def test_bars_print_values_in_french():
    svg = bar_chart([("Lots réservés", 1234.5)], unit="h", title="Heures")
    assert "Lots réservés\u00a0: 1\u202f234,5\u202fh" in svg


@pytest.mark.parametrize("series", [[("A", 0)], [("A", None)], [("A", float("nan")), ("B", float("inf"))]])
def test_bars_of_nothing_draw_nothing(series):
    assert set(widths(bar_chart(series, title="T"), "chart-bar")) == {0}


def test_no_data_is_said():
    for empty in (bar_chart([], title="Répartition"), small_multiples_months({}, title="Répartition")):
        assert empty == '<p class="chart-empty">Répartition\u00a0: aucune donnée à représenter.</p>'


@pytest.mark.parametrize(
    ("done", "due", "expected", "width", "words"),
    [
        (120, 500, 0.3, 144, "H\u00a0: 120~h sur 500~h (24~%), 30~% attendus à ce jour"),
        (600, 500, None, 600, "H\u00a0: 600~h sur 500~h (120~%)"),
        (0, 0, 1, 0, "H\u00a0: 0~h sur 0~h, 100~% attendus à ce jour"),
        (None, 500, 7, 0, "H\u00a0: –~h sur 500~h (0~%), 100~% attendus à ce jour"),
    ],
)
def test_progress(done, due, expected, width, words):
    svg = progress(done, due, expected, "H")
    assert widths(svg, "chart-done") == [width]
    assert parsed(svg).find(f"{SVG}title").text == words.replace("~", "\u202f")
    assert len(widths(svg, "chart-expected")) == (expected is not None)


@pytest.mark.parametrize(("done", "late"), [(10, True), (50, False), (60, False)])
def test_progress_behind_the_expected_pace_is_late(done, late):
    assert ("chart-late" in progress(done, 100, 0.5, "H")) is late


def test_months_share_months_and_scale():
    svg = small_multiples_months({"A": MONTHS, "B": {date(2026, 2, 1): 41}}, unit="h", title="Heures")
    assert parsed(svg).find(f"{SVG}title").text == "Heures, de janvier 2026 à mars 2026"
    bars = parsed(svg).iter(f"{SVG}rect")
    assert [(bar.get("x"), bar.get("height")) for bar in bars] == [("0", "11.7"), ("28", "24"), ("14", "48")]


def test_months_of_a_mistyped_year_stay_few():
    svg = small_multiples_months({"A": {date(202, 1, 1): 5, date(2026, 1, 1): 1, date(2025, 12, 1): 1}}, title="T")
    assert svg.count("<rect") == 2


def test_chart_table_says_the_same_in_words():
    html = chart_table(["Type", "Structures"], [("EI", 1234), (HOSTILE, None), ("ETTI", "n. c.")], title="Par type")
    assert "<caption>Par type</caption>" in html
    assert '<th scope="col">Structures</th>' in html
    assert '<th scope="row">EI</th><td>1\u202f234</td>' in html
    assert "<td>–</td>" in html
    assert "<td>n. c.</td>" in html
    assert "<script" not in html


@pytest.mark.parametrize("unknown", ["", "abc", None, 10**400])
def test_what_a_template_does_not_know_draws_nothing(unknown):
    assert widths(progress(unknown, unknown, "", "H"), "chart-done") == [0]
    assert not widths(progress(10, 20, "", "H"), "chart-expected")
    assert widths(bar_chart([("A", unknown), ("B", 1)], title="T"), "chart-bar") == [0, 310]


def test_the_progress_include_needs_no_expected_pace():
    html = render_to_string("includes/_progress.html", {"done": 10, "due": 20})
    alone = Template('{% include "includes/_progress.html" with done=10 due=20 only %}').render(Context())
    for page in (html, alone):
        assert "50\u202f%" in page
        assert "attendus" not in page


def test_a_progress_bar_keeps_its_height_on_a_narrow_page():
    assert parsed(progress(1, 2)).get("preserveAspectRatio") == "none"
    assert parsed(bar_chart([("A", 1)], title="T")).get("preserveAspectRatio") is None
