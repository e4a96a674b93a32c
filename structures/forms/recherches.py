"""A saved search: its name and its alert."""

from django import forms

from structures.models import RechercheEnregistree


class RechercheForm(forms.ModelForm):
    class Meta:
        model = RechercheEnregistree
        fields = ["nom", "alerte"]
        error_messages = {"nom": {"required": "Donnez un nom à cette recherche."}}
