"""French typography of what people read: no line may break before a high mark, inside « … », or before a unit.

Read here: every template (pages, messages, letters) and every sentence of the Python sources. U+00A0 is written
`&nbsp;` in a page, `\\u00a0` in Python, `~` in a Typst letter and as itself in a text message.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt", ".typ"})
PACKAGES = ("portal", "structures", "marches", "clauses")

HOLE = "\ue000"  # a value that is printed there
PLAIN = re.compile(rf"\S [:;!?»](?=[\s\"'.,)<{HOLE}]|$)|« |[\d{HOLE}] (?:%|[kM]?€)(?![\w(])|[\d{HOLE}] k?m\b")
COMMENT = re.compile(r"{#.*?#}|{% comment.*?endcomment %}|<!--.*?-->", re.DOTALL)
CODE = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
WORD = re.compile(r"[^\W\d_]{2,}")

# What is not a sentence of ours, or is given its no-break spaces where it is printed: file, text.
NOT_SENTENCES = {
    "marches/exporters/essentielles.py": r"^ : Lot ",  # values of a published format
    "marches/exporters/ocds.py": r"^Lot |^Tâches |^Aménagement |^nouve",  # the same
    "portal/pages/demo/temoignages.py": r"\n",  # Markdown: its filter keeps signs with their word
}
# Calls whose text is matched, cut or searched, never shown.
MATCHES = re.compile(r"^re\.|^logger\.|\.(split|partition|rpartition|replace|startswith|endswith|execute)$")


def faults(sentence: str) -> bool:
    return bool(PLAIN.search(sentence))


def of_template(text: str) -> Iterator[str]:
    """The lines of a template, values as holes, then the sentences handed to its tags."""
    text = COMMENT.sub("", text)
    for tag in CODE.findall(text):
        yield from (said for pair in QUOTED.findall(tag) for said in pair if WORD.search(said))
    yield from CODE.sub(lambda tag: HOLE if tag[0][1] == "{" else "", text).splitlines()


def of_python(source: str) -> Iterator[tuple[int, str]]:
    """(line, sentence) of each string, its values as holes; not the docstrings, nor what is compared or matched."""
    tree = ast.parse(source)
    set_aside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr | ast.Compare):
            set_aside.update(ast.walk(node) if isinstance(node, ast.Compare) else [node.value])
        elif isinstance(node, ast.Call) and MATCHES.search(ast.unparse(node.func)):
            set_aside.update(node.args)
        elif isinstance(node, ast.JoinedStr):
            set_aside.update(part for part in node.values if isinstance(part, ast.Constant))
    for node in ast.walk(tree):
        if node in set_aside:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values]
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and WORD.search(node.value):
            yield node.lineno, node.value


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("Motif : non", True),
        ("« Actif »", True),
        ("Vraiment ?", True),
        ("(dit « Actif\u00a0»)", True),
        ("plus de 20 % du lot", True),
        ("{{ part }} %", True),
        ("{{ lot }} : {{ objet }}", True),
        ("80 000 €", True),
        ("{% include 'x' with title='Aucun lot : créez-en un' %}", True),
        ("Motif\u00a0: non", False),
        ("Motif&nbsp;: non", False),
        ("«\u00a0Actif\u00a0»", False),
        ("à 10:30, https://x.invalid/?a=b", False),
        ("{% if a == b %}{{ c|d:e }}{% endif %}", False),
        ("{% if longueur > 5 %}oui{% endif %}", False),
        ("{% include 'x' with a=' : ' %}", False),
        ("{# clé : valeur #}", False),
    ],
)
def test_what_is_wrong_in_a_template(line, wrong):
    assert any(map(faults, of_template(line))) is wrong


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("x = 'Motif : non'", True),
        ("x = f'{lot} : non'", True),
        ("x = f'{lot} %'", True),
        ("x = 'Le rayon va de 1 à 500 km.'", True),
        ("raise E('Trop ' 'long : coupez')", True),
        ("x = 'Motif\\u00a0: non'", False),
        ("def f():\n    '''Un lot : deux.'''", False),
        ("x = re.compile('lot : ')", False),
        ("x = text.split('lot : ')", False),
        ("x = y == 'Motif : non'", False),
        ("x = ' ; '.join(y)", False),
        ("x = f'{y:%d/%m}'", False),
    ],
)
def test_what_is_wrong_in_python(code, wrong):
    assert any(faults(sentence) for _, sentence in of_python(code)) is wrong


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_never_break_before_a_mark(path):
    assert [line for line in of_template(path.read_text(encoding="utf-8")) if faults(line)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_sentences_of_the_code_never_break_before_a_mark(package):
    found = []
    for path in sorted((ROOT / package).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if "/migrations/" not in name:
            wrong = [(line, said) for line, said in of_python(path.read_text(encoding="utf-8")) if faults(said)]
            kept = [(line, said) for line, said in wrong if not re.search(NOT_SENTENCES.get(name, "$^"), said)]
            found += [f"{name}:{line}: {said}" for line, said in kept]
            assert wrong != kept or name not in NOT_SENTENCES, f"{name} no longer needs its exception"
    assert found == []
