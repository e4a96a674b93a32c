"""The monthly grid, corrections, refusals."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from portal.fields import JourField, NombreField


class SaisieForm(forms.Form):
    """One row of the grid; empty cells are 0. `de`: whose hours, said with each cell to who does not see the table."""

    use_required_attribute = False
    travail = NombreField(label="Heures travaillées", maximum="744", required=False)
    formation = NombreField(label="Heures de formation", maximum="744", required=False)

    def __init__(self, *args, de="", **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.fields:
            field = self.fields[name]
            field.error_messages["max_value"] = "Un mois ne compte pas plus de 744 heures."
            field.error_messages["min_value"] = "Les heures ne peuvent être négatives."
            field.widget.attrs |= {"class": "form-control"}
            if de:  # a cell of a grid: its form says once that browsers propose nothing
                field.widget.attrs["aria-label"] = f"{field.label}, {de}"
                field.widget.attrs.pop("autocomplete")
            field.validators = [
                v if not isinstance(v, MaxValueValidator | MinValueValidator) else _with_message(v, field)
                for v in field.validators
            ]

    def clean(self):
        data = super().clean()
        data["travail"], data["formation"] = data.get("travail") or Decimal(0), data.get("formation") or Decimal(0)
        if data["travail"] + data["formation"] > 744:
            raise ValidationError("Un mois ne compte pas plus de 744 heures.")
        return data


class FichierHeuresForm(forms.Form):
    fichier = forms.FileField(
        label="Fichier du mois",
        help_text="CSV, XLSX ou ODS, 20\u00a0Mo au plus. Ni pièce jointe, ni nom de personne.",
        widget=forms.FileInput({"accept": ".csv,.xlsx,.ods,.xls,.gz"}),
        error_messages={
            "required": "Choisissez un fichier sur votre appareil.",
            "empty": "Le fichier est vide\u00a0: choisissez un fichier avec une ligne d'en-têtes et des données.",
        },
    )


class MutualisationForm(forms.Form):
    mutualisation_acceptee_le = JourField(
        label="L'acheteur l'accepte depuis le",
        help_text="Le jour de son accord écrit\u00a0: il n'est pas gardé ici. Laissez vide s'il n'a rien accepté.",
        required=False,
    )


class CorrectionForm(SaisieForm):
    def clean(self):
        data = super().clean()
        if not self.errors and not data["travail"] + data["formation"]:
            raise ValidationError("Indiquez les heures corrigées.")
        return data


class RefusForm(forms.Form):
    motif = forms.CharField(
        label="Motif du refus",
        max_length=300,
        widget=forms.TextInput({"class": "form-control"}),
        help_text="Il est lu par le déclarant\u00a0: dites ce qu'il faut corriger, sans rien sur la personne.",
        error_messages={"required": "Indiquez le motif du refus\u00a0: il est transmis au déclarant."},
    )


class AnnulationForm(RefusForm):
    motif = forms.CharField(
        label="Pourquoi l'acceptation est annulée",
        max_length=300,
        widget=forms.TextInput({"class": "form-control"}),
        help_text="Les heures ne comptent plus. Le déclarant lit ce motif\u00a0; n'écrivez rien sur la personne.",
        error_messages={"required": "Indiquez pourquoi\u00a0: le motif est transmis au déclarant."},
    )


def _with_message(validator, field):
    kind = "max_value" if isinstance(validator, MaxValueValidator) else "min_value"
    return type(validator)(validator.limit_value, message=field.error_messages[kind])
