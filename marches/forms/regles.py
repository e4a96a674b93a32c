"""The day by whose law the rules are read."""

from django import forms

from marches.forms.champs import day_field


class JourForm(forms.Form):
    le = day_field(
        label="Le droit du", help_text="Jour de lancement d'une consultation. Vide\u00a0: toutes les dates."
    )  # fmt: skip
