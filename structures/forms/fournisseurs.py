"""What people type to check suppliers: one number, or a list."""

from django import forms

from portal.fields import FichierField, FichierForm

LARGEST = 5 * 1024 * 1024  # bytes: far more than 5 000 lines weigh


class NumeroForm(forms.Form):
    """One SIRET or SIREN, in the query string: the answer says what is wrong with a bad one."""

    numero = forms.CharField(
        label="SIRET ou SIREN du fournisseur",
        max_length=60,
        required=False,
        help_text="14 ou 9 chiffres, avec ou sans espaces. Vous le trouvez sur une facture ou un devis.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "max_length": "C'est trop long pour un SIRET (14 chiffres)\u00a0: recopiez-le seul.",
            "null_characters_not_allowed": "Ce numéro contient un caractère illisible\u00a0: tapez-le de nouveau.",
        },
    )


class ListeForm(FichierForm):
    """A list of numbers, pasted or in a file: one of the two."""

    texte = forms.CharField(
        label="Collez vos SIRET",
        required=False,
        max_length=1_000_000,
        help_text="Un par ligne, ou plusieurs colonnes copiées d'un tableur avec leur ligne d'en-têtes. 5\u00a0000 au "
        "plus.",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        error_messages={
            "max_length": "Ce texte est trop long\u00a0: partagez la liste, ou déposez-la en fichier.",
            "null_characters_not_allowed": "Le texte contient un caractère illisible\u00a0: collez-le de nouveau.",
        },
    )
    fichier = FichierField(
        label="Ou choisissez un fichier",
        required=False,
        help_text="CSV, XLSX ou ODS, 5\u00a0000 lignes au plus. Vos autres colonnes sont gardées dans le résultat.",
    )

    def clean_fichier(self):
        fichier = self.cleaned_data["fichier"]
        if fichier and fichier.size > LARGEST:
            raise forms.ValidationError(
                "Ce fichier dépasse 5\u00a0Mo\u00a0: gardez la colonne des SIRET, puis recommencez."
            )
        return fichier

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        if bool(cleaned["texte"]) == bool(cleaned["fichier"]):
            self.add_error(
                "texte",
                "Collez une liste ou choisissez un fichier, pas les deux."
                if cleaned["texte"]
                else "Collez au moins un SIRET, ou choisissez un fichier.",
            )
        return cleaned
