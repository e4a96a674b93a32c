"""What an attestation is about, why one is cancelled, the code that somebody checks."""

import re

from django import forms
from django.core.exceptions import ValidationError

from clauses.forms.champs import MoisField
from clauses.models.bilans import CODE_LENGTH, SANS_AMBIGUITE


class AttestationForm(forms.Form):
    """Whole months of one organisation; `organisations` are those with hours on the clauses of the body."""

    organisation = forms.ModelChoiceField(queryset=None, label="Entreprise ou structure", empty_label="Choisissez")
    du = MoisField(label="Du mois de")
    au = MoisField(label="Au mois de")

    def __init__(self, *args, organisations, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = organisations

    def clean(self):
        data = super().clean()
        if data.get("du") and data.get("au") and data["au"] < data["du"]:
            self.add_error("au", "Le dernier mois ne peut précéder le premier.")
        return data


class AnnulerForm(forms.Form):
    motif = forms.CharField(
        label="Pourquoi l'annuler", max_length=300,
        help_text="L'entreprise et qui vérifie l'attestation lisent ce motif. Sans nom de personne.",
    )  # fmt: skip


class CodeForm(forms.Form):
    """A code as people type it: dashes, spaces and small letters are no fault."""

    code = forms.CharField(
        label="Code de vérification", max_length=40, help_text="Douze signes, en bas de l'attestation.",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )  # fmt: skip

    def clean_code(self):
        code = re.sub(r"[\W_]", "", self.cleaned_data["code"]).upper()
        if len(code) != CODE_LENGTH or not set(code) <= set(SANS_AMBIGUITE):
            raise ValidationError("Ce code n'est pas lisible\u00a0: il a douze signes, et jamais 0, 1, I, L ni O.")
        return code
