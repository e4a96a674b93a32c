"""A page of ours with one of its forms filled in by what a person had typed."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

BUTTONS = {"submit", "button", "reset", "image"}
UNTOUCHED = {"password", "file"}
TICKED = {"checkbox", "radio"}
TOKEN = "csrfmiddlewaretoken"
Fields = list[tuple[str, str]]


@dataclass
class _Form:
    """A form of the page: where it starts, the names of its fields, and the changes that fill it in."""

    start: int
    waiting: dict[str, list[str]]
    known: set[str] = field(default_factory=set)
    buttons: set[str] = field(default_factory=set)
    placed: set[tuple[str, str]] = field(default_factory=set)
    edits: list[tuple[int, int, str]] = field(default_factory=list)

    def holds(self, name: str, value: str) -> bool:
        return name in self.buttons or (name, value) in self.placed


class _Reader(HTMLParser):
    """Finds the forms sent to one address, and what to write in each."""

    def __init__(self, html: str, address: str, page: str, fields: Fields):
        super().__init__()
        self.html, self.address, self.page, self.fields = html, address, page, fields
        self.lines = [0, *(found.end() for found in re.finditer("\n", html))]
        self.forms: list[_Form] = []
        self.main: int | None = None
        self._form: _Form | None = None
        self._area: tuple[int, str] | None = None  # where the text of a textarea starts, its name
        self._select: str | None = None
        self.feed(html)
        self.close()

    def _start(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def _end(self) -> int:
        return self._start() + len(self.get_starttag_text() or "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "main":
            self.main = self._end()
        elif tag == "form":
            action = urlsplit(urljoin(self.page, given.get("action") or self.page)).path
            if (given.get("method") or "").lower() == "post" and action == self.address:
                waiting = defaultdict(list)
                for name, value in self.fields:
                    waiting[name].append(value)
                self._form = _Form(self._start(), waiting)
                self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea" and self._area and self._form is not None:
            start, name = self._area
            if (value := _next(self._form, name)) is not None:
                self._form.edits.append((start, self._start(), "\n" + escape(value)))  # the first line end is not read
            self._area = None
        elif tag == "select":
            self._select = None

    def _field(self, form: _Form, tag: str, given: dict[str, str | None]) -> None:
        name = given.get("name") or ""
        if tag in {"input", "textarea", "select", "button"}:
            form.known.add(name)
        if tag == "textarea":
            self._area = (self._end(), name)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select is not None:
            self._tick(form, self._select, "option", "selected", given)
        elif tag == "button":
            form.buttons.add(name)
        elif tag == "input":
            kind = (given.get("type") or "text").lower()
            if kind in BUTTONS:
                form.buttons.add(name)
            elif kind in TICKED:
                self._tick(form, name, "input", "checked", given)
            elif kind not in UNTOUCHED and name != TOKEN and (value := _next(form, name)) is not None:
                self._rewrite(form, "input", given | {"value": value})

    def _tick(self, form: _Form, name: str, tag: str, mark: str, given: dict[str, str | None]) -> None:
        others = {key: value for key, value in given.items() if key != mark}
        value = given.get("value")
        value = "on" if tag == "input" and value is None else value or ""
        ticked = value in form.waiting.get(name, ())
        if ticked:
            form.placed.add((name, value))
        self._rewrite(form, tag, others | ({mark: None} if ticked else {}))

    def _rewrite(self, form: _Form, tag: str, attrs: dict[str, str | None]) -> None:
        written = "".join(f" {key}" if value is None else f' {key}="{escape(value)}"' for key, value in attrs.items())
        form.edits.append((self._start(), self._end(), f"<{tag}{written}>"))


def _next(form: _Form, name: str) -> str | None:
    """The value of the next field of that name; several may bear it."""
    values = form.waiting.get(name)
    if not values:
        return None
    form.placed.add((name, values[0]))
    return values.pop(0)


def fill(html: str, address: str, page: str, fields: Fields, notice: Callable[[bool, Fields], str]) -> str:
    """`html`, the page at the path `page`, with what was typed put back in its form sent to `address`.

    Passwords, files, buttons and the token of the form are left as they are. `notice(found, lost)` gives what to say
    just before the form, or at the top of the page when it has no such form; `lost` are the (name, value) without a
    place there.
    """
    reader = _Reader(html, address, page, fields)
    names = {name for name, _ in fields}
    form = max(reader.forms, key=lambda each: len(each.known & names), default=None)
    lost = [(_said(name), value) for name, value in fields if value.strip() and not (form and form.holds(name, value))]
    if form is None:
        place = reader.main if reader.main is not None else 0
        return html[:place] + notice(False, lost) + html[place:]
    pieces, place = [], 0
    for start, end, text in [(form.start, form.start, notice(True, lost)), *sorted(form.edits)]:
        pieces += [html[place:start], text]
        place = end
    return "".join([*pieces, html[place:]])


def _said(name: str) -> str:
    """« lignes-3-objet » → « objet »."""
    return re.sub(r"^.*-\d+-", "", name).replace("_", " ")
