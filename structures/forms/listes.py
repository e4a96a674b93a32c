"""Offers, references and labels of a card: rows that replace those there were, added without JavaScript."""

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict, ErrorList
from django.utils import timezone

from portal.fields import EntierField
from portal.formsets import LignesFormSet
from structures.forms.edition import OLDEST_YEAR, day_input
from structures.models import Label, Structure
from structures.presentation import blocs

MOST_ROWS = 30
ADD = "ajouter"  # « ajouter » + « _offres »: the button that asks for one more row
DUPLICATE = "Ce label est déjà dans la liste\u00a0: gardez une seule ligne."


class LigneForm(forms.Form):
    """A row; an empty one is no row at all. `principal` is the field that a row cannot do without."""

    principal = ""
    manque = ""
    nom_de_ligne = ""
    use_required_attribute = False

    def clean(self):
        cleaned = super().clean()
        if not self.is_blank and not self.errors and not cleaned.get(self.principal):
            self.add_error(self.principal, self.manque)
        return cleaned

    @property
    def is_blank(self) -> bool:
        return not any(self.cleaned_data.get(name) for name in self.fields if name != "DELETE")

    @property
    def row(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "DELETE"}


class OffreForm(LigneForm):
    nom_de_ligne = "Offre"
    principal, manque = "nom", "Donnez un nom à cette offre, ou videz la ligne."
    nom = forms.CharField(label="Nom de l'offre", max_length=150, required=False)
    description = forms.CharField(
        label="Description", max_length=1_500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReferenceForm(LigneForm):
    nom_de_ligne = "Référence"
    principal, manque = "client", "Nommez le client, ou videz la ligne."
    client = forms.CharField(label="Client", max_length=150, required=False)
    objet = forms.CharField(label="Ce que vous avez fait", max_length=250, required=False)
    annee_debut = EntierField(label="De (année)", min_value=OLDEST_YEAR, max_value=2_100, required=False, annee=True)
    annee_fin = EntierField(
        label="À (année)",
        annee=True,
        min_value=OLDEST_YEAR,
        max_value=2_100,
        required=False,
        help_text="Vide\u00a0: toujours en cours.",
    )

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("annee_debut"), cleaned.get("annee_fin")
        if start and end and end < start:
            self.add_error("annee_fin", "L'année de fin ne peut précéder celle du début.")
        if start and start > timezone.localdate().year:
            self.add_error("annee_debut", "Cette année n'est pas commencée.")
        return cleaned


class LabelForm(LigneForm):
    nom_de_ligne = "Label"
    principal, manque = "label", "Choisissez le label, ou videz la ligne."
    label = forms.ModelChoiceField(
        label="Label", queryset=Label.objects.all(), required=False, empty_label="Choisir un label",
        error_messages={"invalid_choice": "Ce label n'est pas dans la liste\u00a0: choisissez-en un autre."},
    )  # fmt: skip
    valable_jusqu_au = forms.DateField(label="Valable jusqu'au", required=False, widget=day_input())

    @property
    def row(self) -> dict:
        return {"label_id": self.cleaned_data["label"].pk, "valable_jusqu_au": self.cleaned_data["valable_jusqu_au"]}


class ListeFormSet(LignesFormSet):
    @property
    def rows(self) -> list[dict]:
        """The rows to write, in their order."""
        removed = self.deleted_forms
        return [form.row for form in self.forms if form not in removed and not form.is_blank]

    def clean(self):
        if any(self.errors):
            return
        labels = [row["label_id"] for row in self.rows if "label_id" in row]
        if len(labels) != len(set(labels)):
            raise ValidationError(DUPLICATE)


def _formset(form):
    return forms.formset_factory(
        form, formset=ListeFormSet, extra=1, max_num=MOST_ROWS, validate_max=True, absolute_max=MOST_ROWS + 10,
        can_delete=True,
    )  # fmt: skip


FORMSETS = {"offres": _formset(OffreForm), "references": _formset(ReferenceForm), "labels": _formset(LabelForm)}


class ListesForms:
    """The three lists of a card, and whether the pressed button asks for one more row."""

    def __init__(self, structure: Structure, data=None):
        self.asked = next((name for name in FORMSETS if data is not None and f"{ADD}_{name}" in data), "")
        if data is not None:
            data = data.copy()
        if self.asked:
            key = f"{self.asked}-TOTAL_FORMS"
            data[key] = _one_more(data.get(key))
        initial = {} if data is not None else _initial(structure)
        self.formsets = {
            name: formset(data, prefix=name, initial=initial.get(name)) for name, formset in FORMSETS.items()
        }
        self.to_save = data is not None and not self.asked
        if self.asked:
            self._keep_quiet()

    def is_valid(self) -> bool:
        """Every list, each checked so that all errors show at once; False while adding a row."""
        return self.to_save and [formset.is_valid() for formset in self.formsets.values()].count(False) == 0

    @property
    def listes(self) -> dict[str, list[dict]]:
        return {name: formset.rows for name, formset in self.formsets.items()}

    @property
    def errors(self) -> int:
        """How many errors to show."""
        if not self.to_save:
            return 0
        return sum(formset.total_error_count() for formset in self.formsets.values())

    def _keep_quiet(self) -> None:
        """Show what was typed without judging it: nobody asked to save."""
        for formset in self.formsets.values():
            if not formset.management_form.is_valid():
                continue
            for form in formset.forms:
                form._errors = ErrorDict()
                form.cleaned_data = {}
            formset._errors = [{} for _ in formset.forms]
            formset._non_form_errors = ErrorList()


def _initial(structure: Structure) -> dict[str, list[dict]]:
    labels = dict(Label.objects.values_list("code", "pk"))
    return {
        "offres": [dict(zip(("nom", "description"), row, strict=True)) for row in blocs.lignes(structure, "offres")],
        "references": [
            dict(zip(("client", "objet", "annee_debut", "annee_fin"), row, strict=True))
            for row in blocs.lignes(structure, "references")
        ],
        "labels": [
            {"label": labels.get(code), "valable_jusqu_au": day} for code, day in blocs.lignes(structure, "labels")
        ],
    }


def _one_more(total: str | None) -> str:
    text = (total or "0").strip()
    known = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    return str(min(known + 1, MOST_ROWS))
