"""The day a person left and what they became, one by one or in a grid of many people."""

from datetime import date

from django import forms

from clauses.actions.suivi import Point
from clauses.enums import Situation
from portal.fields import JourField

ACHETEUR, TITULAIRE = "acheteur", "titulaire"
EMBAUCHES = [("", "Ni l'un ni l'autre"), (ACHETEUR, "L'acheteur"), (TITULAIRE, "Le titulaire")]


class SituationForm(forms.Form):
    """What a person does, and whether the buyer or the holder hired them: one or the other, never both."""

    situation = forms.ChoiceField(label="Situation", choices=[("", "Choisissez"), *Situation.choices])
    embauche = forms.ChoiceField(
        label="Embauchée par", choices=EMBAUCHES, required=False,
        help_text="Seulement si l'employeur est l'acheteur ou le titulaire de la clause.",
    )  # fmt: skip

    def given(self) -> dict:
        """What actions take: the situation and who hired."""
        hired = self.cleaned_data.get("embauche")
        return {
            "situation": self.cleaned_data["situation"],
            "chez_acheteur": hired == ACHETEUR,
            "chez_titulaire": hired == TITULAIRE,
        }


class SortieForm(SituationForm):
    le = JourField(label="Sortie le")

    field_order = ["le", "situation", "embauche"]


class PointForm(SituationForm):
    fait_le = JourField(label="Point fait le")

    field_order = ["fait_le", "situation", "embauche"]


class FaitLeForm(forms.Form):
    """The day on which the points of a grid were done."""

    fait_le = JourField(label="Points faits le")


class LigneForm(SituationForm):
    """A row of a grid, left alone while no situation is chosen. `cle`: a person, or a person and a term."""

    def __init__(self, data=None, *, cle: str, **kwargs):
        super().__init__(data, prefix=cle, **kwargs)
        self.cle = cle
        self.fields["situation"].required = False
        self.fields["situation"].choices = [("", "Pas encore"), *Situation.choices]
        self.fields["embauche"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select form-select-sm"

    def clean(self):
        data = super().clean()
        if data.get("embauche") and not data.get("situation") and "situation" not in self.errors:
            self.add_error("situation", "Choisissez d'abord la situation.")
        return data

    @property
    def is_filled(self) -> bool:
        return bool(self.is_valid() and self.cleaned_data["situation"])

    def point(self, participant: int, terme: int) -> Point:
        return Point(participant, terme, **self.given())


class LigneSortieForm(LigneForm):
    le = JourField(label="Sortie le", required=False)

    field_order = ["le", "situation", "embauche"]

    def __init__(self, data=None, *, cle: str, fin: date | None = None, **kwargs):
        super().__init__(data, cle=cle, initial={"le": fin}, **kwargs)
        self.fields["le"].widget.attrs["class"] = "form-control form-control-sm"

    def clean(self):
        data = super().clean()
        if data.get("situation") and not data.get("le") and "le" not in self.errors:
            self.add_error("le", "Indiquez le jour de la sortie.")
        return data
