"""Filling in a form of a page with what was typed, and nothing else of the page."""

import pytest

from portal.remplissage import fill


def notice(found, lost):
    return f"[{'form' if found else 'page'}{''.join(f' {name}={value}' for name, value in lost)}]"


def filled(inner: str, *fields, address="/a/", page="/a/", attrs="") -> str:
    html = f'<main id="m"><form method="post"{attrs}>{inner}</form></main>'
    return fill(html, address, page, list(fields), notice)


@pytest.mark.parametrize(
    ("inner", "fields", "expected"),
    [
        ('<input name="x">', [("x", "été")], '<input name="x" value="été">'),
        ('<input name="x" value="old" class="c d">', [("x", "n")], '<input name="x" value="n" class="c d">'),
        ('<input name="x">', [("x", '"><script>')], '<input name="x" value="&quot;&gt;&lt;script&gt;">'),
        ('<input name="x" required>', [("x", "1")], '<input name="x" required value="1">'),
        ('<input name="x" value="old">', [("x", "")], '<input name="x" value="">'),
        ('<input name="x" value="kept">', [], '<input name="x" value="kept">'),
        ('<input name="x"><input name="x">', [("x", "1"), ("x", "2")],
         '<input name="x" value="1"><input name="x" value="2">'),
        ('<input type="hidden" name="v" value="1">', [("v", "0")], '<input type="hidden" name="v" value="0">'),
        ('<textarea name="x">old</textarea>', [("x", "a\nb</textarea><b>")],
         '<textarea name="x">\na\nb&lt;/textarea&gt;&lt;b&gt;</textarea>'),
        ('<textarea name="x">\n</textarea>', [("x", "a")], '<textarea name="x">\na</textarea>'),
        ('<input type="checkbox" name="x" value="1" checked><input type="checkbox" name="x" value="2">', [("x", "2")],
         '<input type="checkbox" name="x" value="1"><input type="checkbox" name="x" value="2" checked>'),
        ('<input type="checkbox" name="x">', [("x", "on")], '<input type="checkbox" name="x" checked>'),
        ('<input type="radio" name="x" value="o" checked>', [], '<input type="radio" name="x" value="o">'),
        ('<select name="x"><option value="" selected>-</option><option value="1">Un</option></select>', [("x", "1")],
         '<select name="x"><option value="">-</option><option value="1" selected>Un</option></select>'),
        ('<button name="action" value="1">ok</button>', [("action", "1")],
         '<button name="action" value="1">ok</button>'),
        ('<input type="password" name="x"><input type="file" name="f">', [], '<input type="password" name="x"><input '
         'type="file" name="f">'),
        ('<input name="csrfmiddlewaretoken" value="t">', [], '<input name="csrfmiddlewaretoken" value="t">'),
    ],
)  # fmt: skip
def test_fields(inner, fields, expected):
    assert filled(inner, *fields) == f'<main id="m">[form]<form method="post">{expected}</form></main>'


def test_a_password_is_never_filled_in_and_is_told():
    assert 'value="s"' not in filled('<input type="password" name="x">', ("x", "s"))


def test_what_has_no_place_is_said():
    page = filled('<input name="lignes-0-objet">', ("lignes-0-objet", "un"), ("lignes-1-objet", "deux"), ("vide", " "))
    assert "[form objet=deux]" in page


def test_an_option_gone_is_said():
    assert "[form ville=Caen]" in filled('<select name="ville"><option>Ifs</option></select>', ("ville", "Caen"))


@pytest.mark.parametrize(
    ("attrs", "page", "address", "found"),
    [
        ("", "/a/", "/a/", True),
        (' action="/b/"', "/a/", "/b/", True),
        (' action="/b/?x=1#y"', "/a/", "/b/", True),
        (' action="?x=1"', "/a/", "/a/", True),
        (' action="../b/"', "/a/", "/b/", True),
        (' action=""', "/a/", "/a/", True),
        (' action="/c/"', "/a/", "/b/", False),
    ],
)
def test_the_form_is_that_of_the_address(attrs, page, address, found):
    result = filled('<input name="x">', ("x", "1"), page=page, address=address, attrs=attrs)
    assert ('value="1"' in result) is found
    assert result.startswith('<main id="m">[form]' if found else '<main id="m">[page x=1]')


def test_the_likeliest_form_of_several():
    html = (
        '<form method="get"><input name="x"></form><form method="post"><input name="z"></form>'
        '<form method="post"><input name="x"><input name="y"></form>'
    )
    assert fill(html, "/a/", "/a/", [("x", "1"), ("y", "2")], notice) == (
        '<form method="get"><input name="x"></form><form method="post"><input name="z"></form>'
        '[form]<form method="post"><input name="x" value="1"><input name="y" value="2"></form>'
    )
