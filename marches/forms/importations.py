"""A file of contracts."""

from crispy_forms.helper import FormHelper
from django import forms

from portal.depots import LARGEST


class FichierContratsForm(forms.Form):
    """The file alone: its format is known by its content."""

    fichier = forms.FileField(
        label="Fichier à importer",
        help_text=f"{LARGEST // 1024**2}\u00a0Mo au plus\u00a0: compressez un gros fichier (.gz ou .zip), il pèse "
        "alors dix à vingt fois moins.",
        widget=forms.FileInput(attrs={"accept": ".json,.xml,.csv,.xlsx,.gz,.zip"}),
        error_messages={
            "required": "Choisissez un fichier.",
            "empty": "Ce fichier est vide\u00a0: choisissez-en un autre.",
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
