"""The period of a report; the day a person left and what they became; attestations."""

from datetime import date

from django import forms

from clauses.forms.champs import MoisField
from clauses.rules import dernier_du_mois

FIRST_YEAR, LAST_YEAR = 2000, 2099


class PeriodeForm(forms.Form):
    """A year, or (`libre`) from one month to another; `du` and `au` answer whole months."""

    annee = forms.IntegerField(label="Année", min_value=FIRST_YEAR, max_value=LAST_YEAR, required=False)
    du = MoisField(label="ou du mois de", required=False)
    au = MoisField(label="Au mois de", required=False)

    def __init__(self, *args, libre: bool = True, defaut: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.defaut = defaut
        self.fields["annee"].widget.attrs["placeholder"] = str(defaut)
        if not libre:
            del self.fields["du"], self.fields["au"]

    def clean(self):
        data = super().clean()
        du, au = data.get("du"), data.get("au")
        if "du" in self.fields and bool(du) != bool(au) and not self.errors:
            self.add_error("au" if du else "du", "Indiquez les deux mois, ou seulement une année.")
        elif du and au and au < du:
            self.add_error("au", "Le dernier mois ne peut précéder le premier.")
        return data

    def periode(self) -> tuple[date, date]:
        """The first and the last day; the usual year when what was typed is wrong."""
        data = self.cleaned_data if self.is_valid() else {}
        if data.get("du") and data.get("au"):
            return data["du"], dernier_du_mois(data["au"])
        year = data.get("annee") or self.defaut
        return date(year, 1, 1), date(year, 12, 31)


class CloreForm(forms.Form):
    """The year to close, and that what is told before was read."""

    annee = forms.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR, widget=forms.HiddenInput)
    lu = forms.BooleanField(
        label="J'ai lu ce qui précède\u00a0: cette année ne changera plus",
        error_messages={"required": "Cochez cette case pour clore l'année\u00a0: la clôture ne s'annule pas."},
    )
