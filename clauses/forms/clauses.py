"""A clause, its hours due, its months."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError

from clauses.actions import declarants
from clauses.enums import OrigineHeures
from clauses.forms.champs import MoisField
from clauses.models import ClauseSociale, HeuresDues
from portal.fields import JourField, JourPasseField, NombreField

SANS_CHIFFRE = "Une clause a besoin d'un volume d'heures supérieur à 0\u00a0: sans chiffre, elle reste sans effet."


class ClauseForm(forms.ModelForm):
    heures = NombreField(label="Heures d'insertion dues", minimum="0.01", maximum="9999999.99")
    motif = forms.CharField(
        label="Pourquoi ce nombre d'heures",
        max_length=300,
        required=False,
        help_text="À indiquer si le nombre diffère du calcul.",
    )
    date_debut = JourField(label="Début de la clause")
    date_fin = JourField(label="Fin de la clause")
    penalite_heure = NombreField(
        label="Pénalité par heure manquante (€)",
        maximum="99999.99",
        required=False,
        help_text="Celle du contrat\u00a0; laissez vide si le contrat n'en prévoit pas.",
    )
    penalite_document_jour = NombreField(
        label="Pénalité par jour de retard d'un document (€)", maximum="99999.99", required=False
    )
    penalite_plafond = NombreField(
        label="Plafond des pénalités (€)",
        maximum="9999999999.99",
        required=False,
        help_text="Il vaut pour les heures et les documents ensemble.",
    )
    mutualisation_acceptee_le = JourPasseField(
        label="Mutualisation acceptée par l'acheteur le",
        required=False,
        help_text="Les heures d'une même personne peuvent alors se partager entre plusieurs clauses.",
    )

    class Meta:
        model = ClauseSociale
        fields = [
            "type", "date_debut", "date_fin", "publics", "penalite_heure", "penalite_document_jour",
            "penalite_plafond", "mutualisation_acceptee_le", "convention", "texte",
        ]  # fmt: skip
        widgets = {"publics": forms.Textarea({"rows": 3}), "texte": forms.Textarea({"rows": 6})}

    field_order = ["type", "heures", "motif"]  # then as in Meta

    def __init__(self, *args, calcul=None, conventions=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.calcul = calcul
        if conventions:
            self.fields["convention"].queryset = conventions
            self.fields["convention"].empty_label = "Aucune"
            self.fields["convention"].help_text = "Elle fixe l'éligibilité et le jour où les mois sont attendus."
        else:
            del self.fields["convention"]
        self.order_fields(self.field_order)
        self.fields["publics"].help_text = "Sans nom de personne\u00a0: profils ou critères seulement."
        self.fields["heures"].error_messages["min_value"] = SANS_CHIFFRE

    def clean(self):
        data = super().clean()
        start, end = data.get("date_debut"), data.get("date_fin")
        if start and end and end < start:
            self.add_error("date_fin", "La fin de la clause ne peut précéder son début.")
        computed = (self.calcul or {}).get("heures")
        if computed is not None and data.get("heures") not in (None, Decimal(computed)) and not data.get("motif"):
            self.add_error(
                "motif",
                f"Le calcul donne {computed}\u00a0h\u00a0: dites en quelques mots pourquoi vous vous en écartez.",
            )
        return data


class HeuresDuesForm(forms.ModelForm):
    heures = NombreField(
        label="Heures en plus", minimum="-9999999.99", help_text="Un nombre négatif retire des heures (avenant)."
    )
    date_effet = JourField(label="Dues à partir du")
    periode_debut = JourField(label="Pour la période du", required=False)
    periode_fin = JourField(label="au", required=False, help_text="Une période de reconduction ou une commande.")

    class Meta:
        model = HeuresDues
        fields = ["origine", "heures", "date_effet", "periode_debut", "periode_fin", "membre", "motif"]

    def __init__(self, *args, clause, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["origine"].choices = [c for c in OrigineHeures.choices if c[0] != OrigineHeures.INITIAL]
        self.fields["membre"].queryset = declarants(clause)
        self.fields["membre"].label = "Membre du groupement concerné"
        self.fields["membre"].empty_label = "Tous"

    def clean(self):
        data = super().clean()
        start, end = data.get("periode_debut"), data.get("periode_fin")
        if start and end and end < start:
            self.add_error("periode_fin", "La fin de la période ne peut précéder son début.")
        return data

    def clean_heures(self):
        hours = self.cleaned_data["heures"]
        if hours == 0:
            raise ValidationError("Indiquez un nombre d'heures différent de 0.")
        return hours


class OuvrirMoisForm(forms.Form):
    organisation = forms.ModelChoiceField(queryset=None, label="Organisation qui déclare", empty_label=None)
    mois = MoisField(label="Mois")

    def __init__(self, *args, organisations, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = organisations
