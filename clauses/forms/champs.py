"""Fields that several forms of this floor share."""

from django import forms

from clauses.rules import premier_du_mois
from portal.fields import JourField


class MoisField(JourField):
    """A month, as its first day."""

    def __init__(self, **options):
        widget = forms.DateInput(format="%Y-%m", attrs={"type": "month", "placeholder": "2026-03"})
        super().__init__(widget=widget, input_formats=["%Y-%m", "%m/%Y", "%Y-%m-%d"], **options)
        self.error_messages["invalid"] = "Écrivez un mois comme 2026-03."

    def to_python(self, value):
        day = super().to_python(value)
        return premier_du_mois(day) if day else day
