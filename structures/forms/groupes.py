"""What people type of groups of structures, joint ventures and networks."""

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory
from django.utils import timezone

from portal.fields import EntierField, SiteField
from portal.formsets import LignesFormSet
from portal.permissions import Acteur
from portal.templatetags.formats import nombre
from structures.forms.champs import StructureField, find_structure
from structures.models import CoEntreprise, GroupeEconomique, Reseau, Structure

MOST_MEMBERS = 50  # lines read at once
MOST_FOUNDERS = 20
OLDEST_YEAR = 1850


def bare_helper() -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    return helper


class GroupeForm(forms.ModelForm):
    """A GES; its members come and go through `ajouter` and `retirer`."""

    site = SiteField(max_length=200)
    ajouter = forms.CharField(
        label="Structures à ajouter",
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Une par ligne\u00a0: son SIRET, suivi du type s'il y en a plusieurs, ou l'adresse de sa page. "
        "Vous ne pouvez ajouter que les structures dont vous modifiez la fiche.",
    )
    retirer = forms.ModelMultipleChoiceField(
        label="Structures à retirer du groupe",
        queryset=Structure.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = GroupeEconomique
        fields = ("nom", "presentation", "moyens_partages", "site")
        widgets = {
            "presentation": forms.Textarea(attrs={"rows": 5}),
            "moyens_partages": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {
            "moyens_partages": "Par exemple une direction, une chargée d'insertion, un atelier, des véhicules.",
        }
        error_messages = {"nom": {"unique": "Un autre groupe porte déjà ce nom."}}

    def __init__(self, *args, acteur: Acteur, **given):
        super().__init__(*args, **given)
        self.helper = bare_helper()
        self.editable = Structure.objects.editable_by(acteur)
        if self.instance.pk:
            self.fields["retirer"].queryset = Structure.objects.filter(groupe=self.instance)
            self.fields["retirer"].label_from_instance = str
        else:
            del self.fields["retirer"]
            self.fields["ajouter"].required = True
            self.fields["ajouter"].label = "Structures du groupe"

    def clean_ajouter(self) -> list[Structure]:
        lines = [line for line in self.cleaned_data["ajouter"].splitlines() if line.strip()]
        if len(lines) > MOST_MEMBERS:
            raise ValidationError(f"Donnez {MOST_MEMBERS} structures au plus à la fois.")
        found, problems = [], []
        for line in lines:
            try:
                found.append(find_structure(line, self.editable))
            except ValidationError as error:
                problems += [f"{line.strip()[:60]}\u00a0: {message}" for message in error.messages]
        elsewhere = [s for s in found if s.groupe_id and s.groupe_id != self.instance.pk]
        problems += [
            f"«\u00a0{s.nom}\u00a0» est déjà dans un autre groupe\u00a0: retirez-la d'abord de celui-là."
            for s in elsewhere
        ]
        if problems:
            raise ValidationError(problems)
        return found


class CoEntrepriseForm(forms.ModelForm):
    structure = StructureField(
        label="Sa fiche dans l'annuaire, si elle en a une",
        required=False,
        help_text="SIRET suivi du type, ou adresse de sa page.",
    )

    class Meta:
        model = CoEntreprise
        fields = ("nom", "objet", "creee_en", "structure", "plan_impact", "source")
        widgets = {"objet": forms.Textarea(attrs={"rows": 5}), "plan_impact": forms.Textarea(attrs={"rows": 5})}
        help_texts = {
            "objet": "Ce que l'entreprise fait, et pour qui.",
            "plan_impact": "Ce que vous mesurez, et quand vous y revenez.",
            "source": "D'où viennent ces informations, si elles ne viennent pas de vous.",
        }
        error_messages = {"nom": {"unique": "Une autre co-entreprise porte déjà ce nom."}}

    def __init__(self, *args, acteur: Acteur, **given):
        super().__init__(*args, **given)
        self.helper = bare_helper()
        self.acteur = acteur
        former = self.fields["creee_en"]
        self.fields["creee_en"] = EntierField(
            label=former.label, required=False, min_value=OLDEST_YEAR, max_value=timezone.localdate().year, annee=True
        )
        # One's own card, or the one already there.
        allowed = Structure.objects.editable_by(acteur)
        if self.instance.structure_id:
            allowed = Structure.objects.filter(pk=self.instance.structure_id) | allowed
        self.fields["structure"].queryset = allowed
        if self.instance.structure_id:
            self.initial["structure"] = self.instance.structure

    def clean_structure(self):
        structure = self.cleaned_data["structure"]
        if structure and CoEntreprise.objects.filter(structure=structure).exclude(pk=self.instance.pk).exists():
            raise ValidationError("Cette fiche est déjà celle d'une autre co-entreprise.")
        return structure


class FondateurForm(forms.Form):
    nom = forms.CharField(label="Nom du fondateur", max_length=150)
    structure = StructureField(label="Sa fiche, s'il est dans l'annuaire", required=False)
    apport = forms.CharField(label="Ce qu'il apporte", max_length=250, required=False)
    part = forms.DecimalField(
        label="Part du capital (%)", required=False, min_value=0.01, max_value=100, max_digits=5, decimal_places=2,
        localize=True,
    )  # fmt: skip


class BaseFondateurs(LignesFormSet):
    principal = "nom"

    def clean(self):
        if any(self.errors):
            return
        total = sum(row["part"] for row in self.rows if row["part"])
        if total > 100:
            raise ValidationError(f"Les parts font {nombre(total)}\u00a0%\u00a0: elles ne peuvent dépasser 100\u00a0%.")


Fondateurs = formset_factory(
    FondateurForm, formset=BaseFondateurs, extra=3, max_num=MOST_FOUNDERS, validate_max=True, can_delete=True
)


class ReseauForm(forms.ModelForm):
    site = SiteField(max_length=200)

    class Meta:
        model = Reseau
        fields = ("presentation", "site")
        widgets = {"presentation": forms.Textarea(attrs={"rows": 10})}
        help_texts = {"presentation": "Qui vous réunissez et ce que vous faites. Mise en forme Markdown acceptée."}

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        self.helper = bare_helper()
