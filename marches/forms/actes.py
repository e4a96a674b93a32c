"""What buyers type of the life of a lot: modifications, declared subcontractors."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from marches.forms.champs import FicheForm, SiretsField, amount_field, day_field, whole_field
from marches.forms.lots import LONGEST_MONTHS
from marches.models import ActeSousTraitance, Modification

IDENTITY = {Modification: ("numero", "date_notification"), ActeSousTraitance: ("numero", "sous_traitants")}


class _ActeForm(FicheForm):
    """What names a published act stays as published: a later file would otherwise bring it again."""

    def __init__(self, *args, instance, **given):
        super().__init__(*args, instance=instance, **given)
        if instance.pk and not instance.saisie:
            for name in IDENTITY[type(instance)]:
                self.fields.pop(name)

    def clean_numero(self) -> str:
        return " ".join(self.cleaned_data["numero"].split())

    def clean_date_notification(self):
        """An act of the life of a lot comes with its notification or after it."""
        day, first = self.cleaned_data["date_notification"], self.instance.lot.date_notification
        if day and first and day < first and "date_notification" in self.changed_data:
            raise ValidationError(f"Le lot a été notifié le {first:%d/%m/%Y}\u00a0: cet acte ne peut pas le précéder.")
        return day


class ModificationForm(_ActeForm):
    date_notification = day_field(
        label="Notifiée le", required=True, error_messages={"required": "Donnez le jour de la notification."},
        help_text="Jour où le titulaire l'a reçue.",
    )  # fmt: skip
    date_publication = day_field(label="Publiée le", help_text="Dans les données essentielles, si elle l'est.")
    montant = amount_field(
        "Nouveau montant du lot (€ HT)", "Montant total du lot après la modification\u00a0; vide s'il reste le même."
    )
    duree_mois = whole_field(
        "Nouvelle durée (mois)",
        1,
        LONGEST_MONTHS,
        "Durée ferme totale après la modification\u00a0; vide si elle reste la même.",
    )
    nouveaux = SiretsField(
        label="Nouveaux titulaires", help_text="SIRET, un par ligne\u00a0; vide s'ils restent les mêmes."
    )
    groupes = (
        ("La modification", (("numero", "date_notification"), "objet", "date_publication")),
        ("Ce qu'elle change", (("montant", "duree_mois"), "nouveaux")),
    )

    class Meta:
        model = Modification
        fields = ("numero", "date_notification", "date_publication", "montant", "duree_mois", "objet")
        help_texts = {"numero": "«\u00a01\u00a0», «\u00a02\u00a0»…", "objet": "Pourquoi, en une phrase."}

    def __init__(self, *args, instance, **given):
        lines = "\n".join(number for kind, number in instance.titulaires or [] if kind == "SIRET")
        super().__init__(*args, instance=instance, initial={"nouveaux": lines}, **given)

    def clean(self):
        cleaned = super().clean()
        said = any(cleaned.get(name) not in (None, "", []) for name in ("montant", "duree_mois", "nouveaux", "objet"))
        if not said and not self.errors:
            self.add_error("objet", "Dites ce que cette modification change.")
        return cleaned


class SousTraitanceForm(_ActeForm):
    sous_traitants = SiretsField(
        label="Sous-traitant", required=True, most=1,
        help_text="Son SIRET, suivi de son nom si le portail ne le connaît pas.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Donnez le SIRET du sous-traitant."},
    )  # fmt: skip
    date_notification = day_field(label="Notifié le", help_text="Jour de l'acceptation notifiée.")
    montant = amount_field("Montant maximum (€ HT)", "De la part sous-traitée.")
    duree_mois = whole_field("Durée (mois)", 1, LONGEST_MONTHS, "De la part sous-traitée.")
    groupes = (
        ("Le sous-traitant", ("sous_traitants", ("numero", "statut"), "date_notification")),
        ("Sa part", ("prestations", ("montant", "duree_mois"), "paiement_direct")),
    )

    class Meta:
        model = ActeSousTraitance
        fields = ("numero", "statut", "date_notification", "prestations", "montant", "duree_mois", "paiement_direct")
        help_texts = {
            "numero": "Numéro de l'acte spécial (DC4), «\u00a01\u00a0» par exemple.",
            "statut": "Le sous-traitant doit être accepté, et ses conditions de paiement agréées (L. 2193-4).",
            "prestations": "Ce qu'il fait, en une phrase.",
            "paiement_direct": "De droit à partir de 600\u00a0€ TTC (R. 2193-10).",
        }
        error_messages = {"numero": {"required": "Donnez un numéro à cet acte."}}

    def __init__(self, *args, instance, **given):
        body = instance.sous_traitant if instance.sous_traitant_id else None
        initial = {"sous_traitants": f"{body.identifiant} {body.denomination}".strip() if body else ""}
        super().__init__(*args, instance=instance, initial=initial, **given)

    def clean_sous_traitants(self) -> Any:
        found = self.cleaned_data["sous_traitants"]
        if not found:
            raise ValidationError("Donnez le SIRET du sous-traitant.")
        return found[0]
