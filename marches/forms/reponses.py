"""Who asks whether they may answer a lot, alone or with whom."""

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError

from marches.models import MembreAlliance
from marches.rules import Candidat
from portal.permissions import Acteur, Role
from portal.siret import clean, is_siret
from structures.forms.champs import StructureField, find_structure
from structures.models import Organisation, Structure

MOST_OWN = 10
MOST_PARTNERS = 8
MOST_ALLIES = 30


class ReponseForm(forms.Form):
    """A question in the address. `structures` and `entreprises` are who would answer, once the form is valid.

    A partner named by a SIRET that the directory does not know is read as an ordinary company.
    """

    structure = StructureField(label="Votre structure", required=False)
    allies = forms.TypedMultipleChoiceField(
        label="Partenaires de vos alliances", required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    partenaires = forms.CharField(
        label="Autres partenaires",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Un par ligne\u00a0: SIRET ou adresse de la fiche. Un SIRET absent de l'annuaire est lu comme une "
        "entreprise ordinaire.",
    )
    preuves = forms.BooleanField(
        label="Les membres hors liste prouvent qu'ils sont une «\u00a0structure équivalente\u00a0»",
        required=False,
        help_text="Par exemple\u00a0: effectifs certifiés, dont 50 % au moins de travailleurs du public visé.",
    )

    def __init__(self, data=None, *, acteur: Acteur):
        super().__init__(data)
        self.own = list(_own(acteur))
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        if self.own:
            self.fields["structure"] = forms.TypedChoiceField(
                label="Votre structure",
                required=False,
                coerce=int,
                empty_value=None,
                choices=[("", "Toutes"), *((s.pk, f"{s.nom} ({s.kind})") for s in self.own)]
                if len(self.own) > 1 else [(s.pk, f"{s.nom} ({s.kind})") for s in self.own],
                error_messages={"invalid_choice": "Choisissez une de vos structures."},
            )  # fmt: skip
        self.connus = _allies(self.own)
        if self.connus:
            self.fields["allies"].choices = [(s.pk, f"{s.nom} ({s.kind})") for s in self.connus]
        else:
            del self.fields["allies"]
        self.entreprises: list[Candidat] = []
        self._named: list[Structure] = []

    def clean_partenaires(self) -> str:
        text = self.cleaned_data["partenaires"]
        lines = list(dict.fromkeys(line.strip() for line in text.replace(";", "\n").split("\n") if line.strip()))
        if len(lines) > MOST_PARTNERS:
            raise ValidationError(f"Donnez {MOST_PARTNERS} partenaires au plus.")
        problems = []
        for line in lines:
            try:
                self._named.append(find_structure(line))
            except ValidationError as error:
                company = _company(line)
                if company is None:
                    problems += [f"{line[:60]} : {message}" for message in error.messages]
                else:
                    self.entreprises.append(company)
        if problems:
            raise ValidationError(problems)
        return text

    @property
    def seuls(self) -> list[Structure]:
        """Those that ask for themselves: the one chosen, else every one of theirs."""
        chosen = self.cleaned_data.get("structure")
        if isinstance(chosen, Structure):
            return [chosen]
        if chosen:
            return [structure for structure in self.own if structure.pk == chosen]
        return self.own

    @property
    def autres(self) -> list[Structure]:
        chosen = set(self.cleaned_data.get("allies") or [])
        found = [structure for structure in self.connus if structure.pk in chosen]
        return list(dict.fromkeys([*found, *self._named]))


def _own(acteur: Acteur):
    """Structures that this person answers for, with what the law looks at; three queries."""
    if not acteur.has(Role.STRUCTURE):
        return []
    rows = Structure.objects.editable_by(acteur).filter(publiee=True)
    return rows.defer("racines", "description").order_by("nom_tri", "pk")[:MOST_OWN]


def _allies(own: list[Structure]) -> list[Structure]:
    """Published members of the alliances that these structures are in; one query."""
    if not own:
        return []
    alliances = MembreAlliance.objects.filter(structure__in=own).values("alliance")
    rows = Structure.objects.listed().filter(alliances__alliance__in=alliances).exclude(pk__in=[s.pk for s in own])
    return list(rows.distinct().defer("racines", "description").order_by("nom_tri", "pk")[:MOST_ALLIES])


def _company(text: str) -> Candidat | None:
    """The company of a SIRET that is no structure of the directory; None when it is no SIRET, or one that is."""
    number = clean(text)
    if not is_siret(number) or Structure.objects.listed().identified_by(number).exists():
        return None
    known = Organisation.objects.filter(type_identifiant="SIRET", identifiant=number).first()
    return Candidat(nom=known.nom if known else f"SIRET {number}", siren=number[:9])
