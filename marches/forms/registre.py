"""What people type in the register."""

from crispy_forms.helper import FormHelper
from django import forms

from marches.forms.champs import MarcheField, contracts_of
from marches.models import Lot, Marche
from portal.permissions import Acteur

MOST_PROPOSED = 30  # offered while one types; any other is found by its reference or its words


class RattacherForm(forms.Form):
    """The contract a lot should join: another one of the same buyer, among those this `Acteur` may edit."""

    marche = MarcheField(
        label="Marché où rattacher ce lot",
        required=True,
        error_messages={"required": "Choisissez le marché où rattacher ce lot."},
    )

    def __init__(self, *args, lot: Lot, acteur: Acteur, **kwargs):
        super().__init__(*args, **kwargs)
        draft = not lot.marche.publie
        self.fields["marche"].queryset = contracts_of(acteur, lot.marche).filter(publie=lot.marche.publie)
        other = "Un autre brouillon" if draft else "Un autre marché publié"
        self.fields[
            "marche"
        ].help_text = f"{other} du même acheteur\u00a0: sa référence, des mots de son titre, ou l'adresse de sa page."
        self.fields["marche"].widget.attrs |= {"list": "marches-proposes", "autocomplete": "off"}
        self.helper = FormHelper()
        self.helper.form_tag = False

    @property
    def proposes(self) -> list[Marche]:
        """The latest of them."""
        rows = self.fields["marche"].queryset.defer("racines", "presentation")
        return list(rows.order_by("-recence", "-pk")[:MOST_PROPOSED])
