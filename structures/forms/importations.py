"""A file of structures, then what its columns hold when it is a table of one's own."""

from django import forms

from portal.correspondance import CorrespondanceForm
from portal.depots import LARGEST
from portal.fields import FichierField, FichierForm
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
