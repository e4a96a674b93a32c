"""What buyers type about their purchases: a file, its columns, what suppliers attested."""

from datetime import date

from django import forms

from marches.importers.achats import CHAMPS, FIRST_YEAR
from portal.correspondance import CorrespondanceForm
from portal.depots import LARGEST
from portal.fields import FichierField, FichierForm, NombreField

LARGEST_COST = "999999999.99"


class AchatsFichierForm(FichierForm):
    """A file of purchase lines."""

    fichier = FichierField(
        label="Fichier des achats",
        help_text=(
            f"CSV, XLSX ou ODS, {LARGEST // 1024**2}\u00a0Mo et 100\u00a0000 lignes au plus. "
            "La première ligne porte le nom des colonnes."
        ),
        error_messages={"required": "Choisissez le fichier de vos achats."},
    )


class AchatsColonnesForm(CorrespondanceForm):
    """Which column is what, and the year of the whole file when no column says it."""

    annee = forms.IntegerField(
        label="Année des achats, si aucune colonne ne la donne",
        required=False,
        min_value=FIRST_YEAR,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": "Écrivez l'année en quatre chiffres, par exemple 2025."},
    )

    def __init__(self, entetes, *args, on: date, **kwargs):
        super().__init__(entetes, CHAMPS, *args, **kwargs)
        self.on = on
        self.order_fields([*(champ.nom for champ in CHAMPS[:3]), "annee", *(champ.nom for champ in CHAMPS[3:])])
        self.helper.layout = self.helper.build_default_layout(self)  # in this order

    def clean_annee(self):
        annee = self.cleaned_data["annee"]
        if annee is not None and annee > self.on.year:
            raise forms.ValidationError(f"Ces achats sont faits\u00a0: l'année ne peut dépasser {self.on.year}.")
        return annee

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("date") and not cleaned.get("annee") and not {"date", "annee"} & self.errors.keys():
            self.add_error("annee", "Choisissez la colonne de la date, ou écrivez l'année de tout le fichier.")
        return cleaned


class AttestationsForm(forms.Form):
    """The cost of labour attested by each supplier; a field left empty is « not known »."""

    def __init__(self, lignes, *args, **kwargs):
        self.lignes = [ligne for ligne in lignes if ligne.eligibilite.is_ok]
        super().__init__(*args, **kwargs)
        for ligne in self.lignes:
            label = f"Coût de main-d'œuvre attesté par {ligne.nom or ligne.siret}, en euros"
            field = NombreField(label=label, required=False, maximum=LARGEST_COST, initial=ligne.cout)
            field.widget.attrs |= {"aria-label": label, "class": "form-control"}
            self.fields[self.name(ligne)] = field

    @staticmethod
    def name(ligne) -> str:
        return f"cout_{ligne.siret}"

    @property
    def couts(self):
        """SIRET → cost or None, for the fields that came; a form cut short takes nothing back."""
        return {
            ligne.siret: self.cleaned_data[self.name(ligne)] for ligne in self.lignes if self.name(ligne) in self.data
        }


class PlafondForm(forms.Form):
    """What the ceiling depends on: known to the buyer alone, never stored."""

    contribution = NombreField(
        label="Contribution avant déductions, en euros", maximum=LARGEST_COST, required=False
    )  # fmt: skip
    taux = NombreField(
        label="Taux d'emploi de travailleurs handicapés, en %", maximum="100.00", required=False
    )  # fmt: skip
