"""What somebody types to claim a card, to answer a claim, to invite a colleague."""

from django import forms
from django.core.exceptions import ValidationError

from portal.permissions import Acteur
from portal.siret import clean
from portal.templatetags.formats import pluriel
from structures.models import Membre, Structure


class RevendicationForm(forms.Form):
    siret = forms.CharField(label="SIRET de votre structure", max_length=40)
    courriel = forms.EmailField(
        label="Votre adresse électronique professionnelle", max_length=254,
        help_text=(
            "Une adresse du domaine de votre structure (celui de son site ou de son adresse publique) vous rattache "
            "tout de suite, par un lien reçu dessus."
        ),
    )  # fmt: skip
    fonction = forms.CharField(label="Votre fonction dans la structure", max_length=120, required=False)
    message = forms.CharField(
        label="Un mot pour la personne qui examinera votre demande", max_length=1_000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip

    def __init__(self, data=None, *, structure: Structure):
        super().__init__(data)
        self.structure = structure
        if structure.organisation_id is None:
            self.fields["siret"].label = "Numéro FINESS de votre structure"
            help_text = "Cette fiche n'a pas de SIRET\u00a0: les neuf chiffres de son numéro FINESS."
            self.fields["siret"].help_text = help_text
            self.fields["courriel"].help_text = "La réponse à votre demande arrive à l'adresse de votre compte."
        else:
            self.fields["siret"].help_text = "Les quatorze chiffres, avec ou sans espaces."

    def clean_siret(self):
        """The number of the card itself; the refusal does not say which one it is."""
        organisation = self.structure.organisation
        number = clean(self.cleaned_data["siret"])
        expected = clean(organisation.identifiant if organisation else self.structure.identifiant_source)
        if expected and number.isascii() and number.isdigit() and len(number) != len(expected):
            raise ValidationError(
                f"Ce numéro compte {pluriel(len(number), 'chiffre,chiffres')}, il en faut {len(expected)}\u00a0: "
                "vérifiez-le."
            )
        if number != expected:
            raise ValidationError(
                "Ce numéro n'est pas celui de cette fiche\u00a0: vérifiez-le, ou cherchez la bonne fiche."
            )
        return number

    def clean_courriel(self):
        return self.cleaned_data["courriel"].strip().lower()


class RefusForm(forms.Form):
    motif = forms.CharField(
        label="Motif du refus", max_length=300,
        help_text="Il est envoyé à la personne qui a fait la demande.",
        error_messages={"required": "Dites pourquoi\u00a0: la personne saura quoi faire."},
    )  # fmt: skip


class InvitationForm(forms.Form):
    courriel = forms.EmailField(
        label="Adresse électronique de votre collègue", max_length=254,
        help_text="Elle reçoit un lien valable 14 jours, qui ne sert qu'une fois.",
    )  # fmt: skip

    def __init__(self, data=None, *, acteur: Acteur):
        super().__init__(data)
        self.acteur = acteur

    def clean_courriel(self):
        courriel = self.cleaned_data["courriel"].strip().lower()
        members = Membre.objects.active().filter(organisation=self.acteur.organisation, role=self.acteur.role)
        if members.filter(user__email=courriel).exists():
            raise ValidationError("Cette personne fait déjà partie de votre équipe.")
        return courriel
