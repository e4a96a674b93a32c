"""What people type in the register."""

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.text import Truncator

from marches.models import Lot, Marche
from portal.permissions import Acteur


class ChoixMarche(forms.ModelChoiceField):
    def label_from_instance(self, marche: Marche) -> str:
        title = Truncator(marche.objet).chars(110)
        return f"{marche.reference} – {title}" if marche.reference else title


class RattacherForm(forms.Form):
    """The contract a lot should join: another one of the same buyer, among those this `Acteur` may edit."""

    marche = ChoixMarche(
        queryset=Marche.objects.none(),
        label="Marché où rattacher ce lot",
        empty_label="Choisissez un marché",
        help_text="Seuls les marchés du même acheteur sont proposés, les plus récents d'abord.",
        error_messages={
            "required": "Choisissez le marché où rattacher ce lot.",
            "invalid_choice": "Ce marché n'est pas proposé\u00a0: choisissez-en un dans la liste.",
        },
    )

    def __init__(self, *args, lot: Lot, acteur: Acteur, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["marche"].queryset = (
            Marche.objects.editable_by(acteur)
            .filter(acheteur__organisation__siren=lot.marche.acheteur.organisation.siren)
            .exclude(pk=lot.marche_id)
            .select_related("acheteur__organisation")
            .defer("racines", "presentation")
            .order_by("-recence", "-pk")
        )
        self.helper = FormHelper()
        self.helper.form_tag = False
