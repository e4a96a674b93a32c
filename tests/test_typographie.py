"""French typography of what people read: no line may break before a high punctuation mark or inside « … »."""

import re
from pathlib import Path

import pytest

EMAILS = Path(__file__).resolve().parent.parent / "templates" / "emails"
# A plain space before : ; ! ? », or after « ; what stands between {% and %} is code.
CODE = re.compile(r"{%.*?%}|{#.*?#}")
PLAIN = re.compile(r"[^\s] [:;!?»](?=\s|$|[.,)])|« ")


def faults(text: str) -> list[str]:
    return [line for line in CODE.sub("", text).splitlines() if PLAIN.search(line)]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("Motif : non", True),
        ("« Actif »", True),
        ("Vraiment ?", True),
        ("(dit « Actif\u00a0»)", True),
        ("Motif\u00a0: non", False),
        ("«\u00a0Actif\u00a0»", False),
        ("à 10:30, https://x.invalid/?a=b", False),
        ("{% if a == b %}{{ c|d:e }}{% endif %}", False),
        ("{% include 'x' with a=' : ' %}", False),
    ],
)
def test_what_is_wrong(line, wrong):
    assert bool(faults(line)) is wrong


@pytest.mark.parametrize("path", sorted(EMAILS.glob("*.txt")), ids=lambda path: path.name)
def test_messages_never_break_before_a_mark(path):
    """In a text message, the real U+00A0 character."""
    assert faults(path.read_text(encoding="utf-8")) == []
