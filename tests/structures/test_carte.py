"""The map of départements."""

import re
from pathlib import Path

import html5lib
from django.conf import settings
from django.template.loader import render_to_string

from structures.templatetags.carte import carte, names, sprite

SPRITE = Path(settings.BASE_DIR) / "static/img/departements.svg"


def draw(counts):
    return carte(counts, lambda code: f"?departement={code}")


def test_sprite_is_the_one_made_from_the_outlines():
    assert SPRITE.read_text(encoding="utf-8") == sprite(), (
        "Write again static/img/departements.svg from structures.templatetags.carte.sprite()."
    )


def test_every_departement_has_an_outline():
    assert set(re.findall(r'id="d-(\w+)"', sprite())) == set(names())
    assert len(names()) == 101


def test_shades_are_fifths_and_equal_counts_share_one():
    counts = dict(zip(["01", "02", "03", "04", "05"], [1, 2, 3, 4, 5], strict=True))
    shades = {lieu.code: lieu.classe for lieu in draw(counts).lieux}
    assert [shades[code] for code in counts] == ["q1", "q2", "q3", "q4", "q5"]
    assert shades["14"] == "q0"
    same = {lieu.classe for lieu in draw(dict.fromkeys(counts, 7)).lieux if lieu.nombre}
    assert len(same) == 1


def test_legend_gives_the_bounds_of_each_shade():
    assert draw({"01": 1, "02": 9}).legende == [("q0", 0, 0), ("q1", 1, 1), ("q3", 9, 9)]


def test_no_count_and_unknown_codes():
    empty = draw({"999": 12, "": 3})
    assert {lieu.classe for lieu in empty.lieux} == {"q0"}
    assert empty.legende == [("q0", 0, 0)]


def test_collectivities_overseas_stand_in_the_table_alone():
    drawn = draw({"14": 1, "978": 3, "988": 0})
    assert [(lieu.code, lieu.nombre) for lieu in drawn.ailleurs] == [("978", 3)]
    html = render_to_string("includes/_map_table.html", {"carte": drawn, "titre": "Structures"})
    assert '<a href="?departement=978">Saint-Martin (978)</a></th><td>3</td>' in html
    assert "Nouvelle-Calédonie" not in html


def test_map_has_a_link_and_a_table_row_for_each_place_with_something():
    html = render_to_string(
        "includes/_map.html",
        {"carte": draw({"14": 12, "2A": 1}), "titre": "Structures", "unite": "structure,structures"},
    )
    tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    table_links = [a.get("href") for a in tree.iterfind(".//table//a")]
    assert table_links == ["?departement=14", "?departement=2A"]
    titles = [element.text for element in tree.iter() if element.tag.endswith("title")]
    assert titles == ["Calvados\u00a0: 12 structures", "Corse-du-Sud\u00a0: 1 structure"]
    assert html.count("#d-") == 101
    assert "style=" not in html
    assert len(html) < 20_000
