"""What happens to a clause during its life: opening balance, hand-over, invitation, meetings, tasks, posts."""

from django import forms
from django.core.exceptions import ValidationError

from clauses.actions import declarants
from clauses.models import Facilitateur, Poste, Prescripteur, RepriseHeures, Reunion, Tache
from portal.fields import JourField, JourPasseField, NombreField

SANS_NOM = "Sans nom de personne."
MOST_TASKS = 20


class RepriseForm(forms.ModelForm):
    heures = NombreField(label="Heures déjà réalisées", minimum="0.01", maximum="9999999.99")
    arretee_au = JourPasseField(label="Arrêtées au")
    justificatif_vu_le = JourPasseField(label="Justificatif vu le", help_text="Il est consulté, jamais conservé.")

    class Meta:
        model = RepriseHeures
        fields = ["organisation", "heures", "personnes", "arretee_au", "justificatif_vu_le"]

    def __init__(self, *args, clause, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = declarants(clause)
        self.fields["organisation"].empty_label = "L'ensemble du lot"
        self.fields["personnes"].max_value = 100_000

    def clean_personnes(self):
        people = self.cleaned_data["personnes"]
        if people is not None and people > 100_000:
            raise ValidationError("Écrivez 100\u00a0000 au plus.")
        return people

    def _post_clean(self):
        """The row is checked by the action, with its clause."""


class PassationForm(forms.Form):
    vers = forms.ModelChoiceField(queryset=None, label="Organisme qui reprend la clause", empty_label="Choisissez")
    motif = forms.CharField(label="Motif", max_length=300)

    def __init__(self, *args, clause, **kwargs):
        super().__init__(*args, **kwargs)
        others = Facilitateur.objects.select_related("organisation").order_by("organisation__nom_tri", "pk")
        self.fields["vers"].queryset = others.exclude(pk=clause.facilitateur_id)


class ReponseForm(forms.Form):
    acceptee = forms.TypedChoiceField(
        label="Votre réponse", choices=[("oui", "Nous reprenons cette clause"), ("non", "Nous ne la reprenons pas")],
        coerce=lambda value: value == "oui", widget=forms.RadioSelect,
    )  # fmt: skip
    reponse = forms.CharField(label="Un mot", max_length=300, required=False, help_text="Nécessaire si vous refusez.")


class InviterForm(forms.Form):
    organisation = forms.ModelChoiceField(queryset=None, label="Entreprise", empty_label=None)
    courriel = forms.EmailField(
        label="Adresse électronique", max_length=254,
        help_text="La personne reçoit un lien valable 14 jours, qui ne sert qu'une fois.",
    )  # fmt: skip

    def __init__(self, *args, clause, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        field.queryset = declarants(clause)
        field.label_from_instance = lambda organisation: f"{organisation.nom} ({organisation.identifiant})"

    def clean_courriel(self):
        return self.cleaned_data["courriel"].strip().lower()


class ReunionForm(forms.ModelForm):
    le = JourField(label="Le")
    taches = forms.CharField(
        label="Tâches décidées", required=False, max_length=4_000, widget=forms.Textarea({"rows": 3}),
        help_text="Une par ligne.",
    )  # fmt: skip
    echeance = JourField(label="À faire pour le", required=False)

    class Meta:
        model = Reunion
        fields = ["le", "objet", "presents", "compte_rendu"]
        widgets = {"compte_rendu": forms.Textarea({"rows": 6, "maxlength": 20_000})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["presents"].help_text = self.fields["compte_rendu"].help_text = SANS_NOM

    def clean_compte_rendu(self):
        words = self.cleaned_data["compte_rendu"]
        if len(words) > 20_000:
            raise ValidationError("Écrivez 20\u00a0000 caractères au plus.")
        return words

    def clean_taches(self):
        lines = [line.strip() for line in self.cleaned_data["taches"].splitlines() if line.strip()]
        if len(lines) > MOST_TASKS or any(len(line) > 200 for line in lines):
            raise ValidationError(f"Écrivez {MOST_TASKS} tâches au plus, de 200 caractères chacune.")
        return lines


class TacheForm(forms.ModelForm):
    echeance = JourField(label="Pour le", required=False)

    class Meta:
        model = Tache
        fields = ["intitule", "echeance"]

    def _post_clean(self):
        """The view gives the clause."""


class PosteForm(forms.ModelForm):
    a_partir_du = JourField(label="À partir du", required=False)

    class Meta:
        model = Poste
        fields = ["employeur", "metier", "rome", "nombre", "site", "a_partir_du", "description", "amenagement"]
        widgets = {"description": forms.Textarea({"rows": 4, "maxlength": 4_000})}

    def __init__(self, *args, clause, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["employeur"].queryset = declarants(clause)
        self.fields["employeur"].empty_label = None
        self.fields["site"].queryset = self.fields["site"].queryset.filter(lots__lot=clause.lot_id)
        self.fields["site"].empty_label = "Non précisé"
        self.fields["description"].help_text = SANS_NOM

    def clean_nombre(self):
        number = self.cleaned_data["nombre"]
        if not 1 <= number <= 500:
            raise ValidationError("Écrivez un nombre de 1 à 500.")
        return number

    def clean_rome(self):
        code = self.cleaned_data["rome"].strip().upper()
        if code and not (len(code) == 5 and code[0].isalpha() and code[1:].isdigit()):
            raise ValidationError("Un code ROME s'écrit comme F1606.")
        return code

    def clean_description(self):
        words = self.cleaned_data["description"]
        if len(words) > 4_000:
            raise ValidationError("Écrivez 4\u00a0000 caractères au plus.")
        return words


class PourvusForm(forms.Form):
    pourvus = forms.IntegerField(label="Postes pourvus", min_value=0)

    def __init__(self, *args, maximum, **kwargs):
        super().__init__(*args, **kwargs)
        self.maximum = maximum

    def clean_pourvus(self):
        number = self.cleaned_data["pourvus"]
        if number > self.maximum:
            raise ValidationError(f"Écrivez un nombre de 0 à {self.maximum}.")
        return number


class PrescripteurForm(forms.ModelForm):
    class Meta:
        model = Prescripteur
        fields = ["nom", "courriel"]
        help_texts = {"courriel": "L'adresse générale du service, jamais celle d'une personne."}

    def __init__(self, *args, facilitateur, **kwargs):
        super().__init__(*args, **kwargs)
        self.facilitateur = facilitateur

    def clean_courriel(self):
        courriel = self.cleaned_data["courriel"].strip().lower()
        if self.facilitateur.prescripteurs.filter(courriel=courriel).exists():
            raise ValidationError("Ce service est déjà dans votre liste.")
        return courriel
