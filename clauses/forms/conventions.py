"""A convention as the facilitator's body types it."""

import re

from django import forms
from django.core.exceptions import ValidationError

from clauses.enums import ServiceDelegue
from clauses.forms.champs import LieuxField, lieux_ecrits
from clauses.models import Convention
from marches.models import Acheteur
from portal.fields import JourField, NombreField

MOST_BUYERS = 30


class ConventionForm(forms.ModelForm):
    acheteurs = forms.CharField(
        label="Acheteurs signataires",
        max_length=2_000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Un SIRET par ligne. L'acheteur doit être au registre des marchés.",
    )
    date_debut = JourField(label="Début")
    date_fin = JourField(label="Fin")
    signee_le = JourField(label="Signée le", required=False, help_text="Vide tant qu'elle est en projet.")
    contribution_an = NombreField(label="Contribution financière (€ par an)", maximum="9999999999.99", required=False)
    services = forms.MultipleChoiceField(
        label="Services confiés", choices=ServiceDelegue.choices, widget=forms.CheckboxSelectMultiple
    )
    territoire = LieuxField(label="Territoire", required=False)
    eligibilite_mois = forms.IntegerField(
        label="Durée d'éligibilité (mois)", min_value=1, max_value=120, required=False
    )
    cdi_mois = forms.IntegerField(
        label="Heures comptées après un CDI (mois)", min_value=1, max_value=120, required=False
    )
    jour_declaration = forms.IntegerField(
        label="Déclarations attendues le (jour du mois suivant)", min_value=1, max_value=28, required=False
    )
    preavis_mois = forms.IntegerField(label="Préavis (mois)", min_value=0, max_value=24, initial=3)

    class Meta:
        model = Convention
        fields = [
            "intitule", "date_debut", "date_fin", "signee_le", "tacite", "preavis_mois", "contribution_an",
            "eligibilite_mois", "cdi_mois", "jour_declaration",
        ]  # fmt: skip

    field_order = ["intitule", "acheteurs", "date_debut", "date_fin", "signee_le", "territoire", "services"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)
        if self.instance.pk:
            parties = self.instance.parties.select_related("acheteur__organisation")
            said = {
                "acheteurs": "\n".join(partie.acheteur.organisation.identifiant for partie in parties),
                "services": list(self.instance.services.values_list("service", flat=True)),
                "territoire": lieux_ecrits(self.instance.zone),
            }
            self.initial = {**self.initial, **said}

    def clean_acheteurs(self) -> list[Acheteur]:
        asked = list(dict.fromkeys(re.sub(r"[ .\u00a0\u202f]", "", line) for line in self._lines()))
        if len(asked) > MOST_BUYERS:
            raise ValidationError(f"{MOST_BUYERS} acheteurs au plus dans une convention.")
        known = Acheteur.objects.filter(organisation__identifiant__in=asked).select_related("organisation")
        found = {acheteur.organisation.identifiant: acheteur for acheteur in known}
        if unknown := [number for number in asked if number not in found]:
            raise ValidationError(
                f"Numéro inconnu du registre des acheteurs\u00a0: {', '.join(n[:20] for n in unknown)}."
            )
        return [found[number] for number in asked]

    def _lines(self) -> list[str]:
        return [line for line in re.split(r"[\r\n;,]+", self.cleaned_data["acheteurs"]) if line.strip()]

    def clean(self):
        data = super().clean()
        start, end = data.get("date_debut"), data.get("date_fin")
        if start and end and end < start:
            self.add_error("date_fin", "La fin de la convention ne peut précéder son début.")
        return data
