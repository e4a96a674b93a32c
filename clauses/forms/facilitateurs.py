"""The page of a facilitator's body, and what is asked of it."""

from django import forms
from django.core.exceptions import ValidationError

from clauses.forms.champs import LieuxField, lieux_ecrits
from clauses.models import DemandeFacilitateur, Facilitateur
from structures.lieux import resolve

SHORTEST = 20  # characters under which nobody could answer


class FacilitateurForm(forms.ModelForm):
    site = forms.URLField(label="Site", required=False, max_length=200, assume_scheme="https")
    territoire = LieuxField(label="Territoire suivi", required=False)

    class Meta:
        model = Facilitateur
        fields = ["nature", "presentation", "guichet_unique", "courriel", "telephone", "site"]
        widgets = {"presentation": forms.Textarea({"rows": 5, "maxlength": 3_000})}
        help_texts = {
            "guichet_unique": "Cochez si tous les acheteurs du territoire s'adressent d'abord à vous. "
            "Si un autre organisme le déclare aussi, les deux réponses sont montrées.",
            "courriel": "Montré à tous\u00a0: préférez une adresse de service à celle d'une personne.",
        }

    field_order = ["nature", "presentation", "territoire", "guichet_unique", "courriel", "telephone", "site"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)
        self.fields["territoire"].initial = lieux_ecrits(self.instance.zone)

    def clean_presentation(self):
        text = self.cleaned_data["presentation"]
        if len(text) > 3_000:
            raise ValidationError("3\u00a0000 caractères au plus\u00a0: gardez l'essentiel.")
        return text


class DemandeForm(forms.ModelForm):
    ou = forms.CharField(
        label="Commune ou territoire de votre achat",
        max_length=100,
        required=False,
        help_text="Par exemple «\u00a0Caen\u00a0» ou «\u00a0Évreux (27)\u00a0».",
    )

    class Meta:
        model = DemandeFacilitateur
        fields = ["courriel", "objet", "texte"]
        labels = {"courriel": "Votre adresse électronique", "texte": "Votre message"}
        widgets = {"texte": forms.Textarea({"rows": 6}), "courriel": forms.EmailInput({"autocomplete": "email"})}
        help_texts = {
            "courriel": "Le facilitateur vous répondra à cette adresse.",
            "texte": "Décrivez l'achat et le calendrier, sans donnée sur une personne.",
        }

    field_order = ["courriel", "objet", "ou", "texte"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)

    def clean_texte(self):
        text = self.cleaned_data["texte"].strip()
        if len(text) < SHORTEST:
            raise ValidationError("Dites en quelques mots ce que vous préparez\u00a0: le facilitateur pourra répondre.")
        return text

    def clean_ou(self):
        """The place typed, or None; one that nobody knows is refused, for the facilitator could not use it."""
        text = self.cleaned_data["ou"]
        if not text:
            return None
        found = resolve(text)
        if found.lieu is None or found.corrige:
            raise ValidationError("Ce lieu est inconnu\u00a0: corrigez son nom, ou laissez vide.")
        return found.lieu
