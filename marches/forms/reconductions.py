"""What people type of renewals: a decision; what they ask of the calendar of contracts."""

from datetime import date

from crispy_forms.helper import FormHelper
from django import forms

from marches.enums import DecisionReconduction, GenreEcheance
from marches.forms.champs import day_field
from marches.rules.reconductions import Tranche

HORIZONS = ((6, "6 mois"), (12, "1 an"), (24, "2 ans"), (60, "5 ans"))
DEFAULT_HORIZON = 12


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label="Décision", choices=DecisionReconduction.choices, widget=forms.RadioSelect,
        error_messages={"required": "Dites si le contrat est reconduit."},
    )  # fmt: skip
    decidee_le = day_field(
        label="Décidée le", required=True, error_messages={"required": "Donnez le jour de la décision."},
        help_text="Jour de la lettre ou de la délibération.",
    )  # fmt: skip
    motif = forms.CharField(
        label="Motif", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Pour mémoire\u00a0; il n'est pas montré aux visiteurs.",
    )  # fmt: skip

    def __init__(self, *args, tranche: Tranche, on: date, **given):
        given["initial"] = {"decidee_le": min(on, tranche.debut)}
        super().__init__(*args, **given)
        self.on = on
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_decidee_le(self) -> date:
        day = self.cleaned_data["decidee_le"]
        if day > self.on:
            raise forms.ValidationError(
                "Ce jour n'est pas encore venu\u00a0: enregistrez la décision quand elle est prise."
            )
        return day


class EcheancesForm(forms.Form):
    """What the calendar shows; a bad value reads as none."""

    genre = forms.ChoiceField(
        label="Montrer", required=False, choices=[("", "Toutes les échéances"), *GenreEcheance.choices]
    )
    horizon = forms.TypedChoiceField(
        label="Jusqu'à", required=False, coerce=int, choices=HORIZONS, initial=DEFAULT_HORIZON
    )
    q = forms.CharField(label="Mots du marché", required=False, max_length=120)

    @property
    def months(self) -> int:
        return (self.cleaned_data.get("horizon") if self.is_valid() else None) or DEFAULT_HORIZON

    @property
    def genres(self) -> tuple[str, ...]:
        genre = self.cleaned_data.get("genre") if self.is_valid() else None
        return (genre,) if genre else ()

    @property
    def words(self) -> str:
        return (self.cleaned_data.get("q") or "") if self.is_valid() else ""
