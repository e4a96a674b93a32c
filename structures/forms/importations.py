"""A file of structures, then what its columns hold when it is a table of one's own."""

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.correspondance import CorrespondanceForm
from portal.depots import LARGEST
from portal.fields import FichierField, FichierForm, JourField
from structures.enums import Kind
from structures.importers.tableau import CHAMPS

KIND = "kind_defaut"


class FichierStructuresForm(FichierForm):
    """The file itself; how it reads is told once it has been opened."""

    fichier = FichierField(
        label="Fichier à importer",
        help_text="Un tableau CSV, XLSX ou ODS, une structure par ligne, avec une ligne d'en-têtes aux noms "
        f"libres\u00a0; ou une liste data·inclusion v1 en JSON. {LARGEST // 1024**2}\u00a0Mo au plus, .gz accepté.",
        accept=".csv,.txt,.tsv,.xlsx,.xls,.ods,.json,.gz",
    )


class DateListeForm(forms.Form):
    """The day an official list was published, when the file does not say it."""

    publie_le = JourField(
        label="Date de publication de la liste",
        required=False,
        help_text="Elle est affichée sur les fiches, et ce que dit une source plus récente passe devant. Laissez vide "
        "si vous ne la connaissez pas.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_publie_le(self):
        day = self.cleaned_data["publie_le"]
        if day and day > timezone.localdate():
            raise ValidationError("Cette date est dans l'avenir\u00a0: indiquez celle de la publication.")
        return day


class ColonnesForm(CorrespondanceForm):
    """Which column holds what, and the kind of the lines that tell none."""

    kind_defaut = forms.ChoiceField(
        label="Type des lignes qui n'en disent pas",
        required=False,
        choices=[("", "— aucun\u00a0: ces lignes sont mises de côté —"), *Kind.choices],
        help_text="Utile quand tout le fichier parle du même type de structure.",
    )

    def __init__(self, entetes, *args, **kwargs):
        super().__init__(entetes, CHAMPS, *args, **kwargs)
        self.order_fields(["siret", "type", KIND])
        self.lay_out()

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("type") and not cleaned.get(KIND) and not self.errors.get("type"):
            self.add_error("type", "Indiquez la colonne du type, ou choisissez le type de toutes les lignes.")
        return cleaned
