"""Which organisation a party without identifier is."""

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError

from portal.siret import clean, is_siret
from structures.enums import TypeIdentifiant
from structures.models import Organisation

TEXTE, SIRET = "texte", "siret"


class RapprochementForm(forms.Form):
    """One answer: an organisation proposed, another one by its SIRET, or left as text."""

    reponse = forms.ChoiceField(
        label="Qui est-ce\u00a0?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez une réponse.",
            "invalid_choice": "Cette réponse n'est pas proposée\u00a0: choisissez-en une dans la liste.",
        },
    )
    siret = forms.CharField(
        label="SIRET",
        required=False,
        max_length=30,
        help_text="14 chiffres, seulement avec la réponse «\u00a0Une autre\u00a0».",
    )

    def __init__(self, *args, proposees: list[Organisation], **kwargs):
        super().__init__(*args, **kwargs)
        self.proposees = {str(organisation.pk): organisation for organisation in proposees}
        self.fields["reponse"].choices = [
            *((pk, label(organisation)) for pk, organisation in self.proposees.items()),
            (SIRET, "Une autre organisation, dont voici le SIRET"),
            (TEXTE, "Laisser en texte\u00a0: elle n'a pas d'identifiant connu"),
        ]
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean(self):
        cleaned = super().clean()
        answer, number = cleaned.get("reponse"), clean(cleaned.get("siret"))
        if answer == SIRET and not is_siret(number):
            raise ValidationError({"siret": "Ce numéro n'est pas un SIRET\u00a0: donnez ses 14 chiffres."})
        cleaned["siret"] = number
        return cleaned

    def organisation(self, nom: str) -> Organisation | None:
        """The organisation answered, made when its SIRET is new; None for « laisser en texte »."""
        answer = self.cleaned_data["reponse"]
        if answer == TEXTE:
            return None
        if answer in self.proposees:
            return self.proposees[answer]
        found, _ = Organisation.objects.get_or_create(
            type_identifiant=TypeIdentifiant.SIRET,
            identifiant=self.cleaned_data["siret"],
            defaults={"denomination": nom[:250], "source_denomination": "avis de marché"},
        )
        return found


def label(organisation: Organisation) -> str:
    place = organisation.commune.nom if organisation.commune else ""
    return ", ".join(part for part in (organisation.nom, organisation.identifiant_affiche, place) if part)
