"""Award criteria as one types them: a line each, the weight at the end."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from marches.rules.ponderation import grille_of, lire_grille
from portal.text import fold

MOST_FAULTS = 10


class GrilleField(forms.CharField):
    """Its clean value is what the column keeps: `Grille.en_json`, or None.

    `connue`: what is kept already. Lines left as they were keep what is known of them beyond their words.
    """

    connue: dict[str, Any] | None = None

    def __init__(self, **options):
        options.setdefault("required", False)
        options.setdefault("max_length", 15_000)
        options.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        super().__init__(**options)

    def prepare_value(self, value):
        if value is None or isinstance(value, dict):
            grille = grille_of(value)
            return "\n".join(grille.lignes) if grille else ""
        return value

    def clean(self, value) -> dict[str, Any] | None:
        text = super().clean(value)
        if not self.has_changed(self.connue, text):
            return self.connue
        known = grille_of(self.connue)
        genres = {fold(critere.nom): critere.genre for critere in known.criteres} if known else {}
        grille, faults = lire_grille(text, genres)
        if faults:
            raise ValidationError(faults[:MOST_FAULTS])
        return grille.en_json if grille else None

    def has_changed(self, initial, data) -> bool:
        return _lines(self.prepare_value(initial)) != _lines(data)


def _lines(text: str | None) -> list[str]:
    return [" ".join(line.split()) for line in (text or "").splitlines() if line.strip()]
