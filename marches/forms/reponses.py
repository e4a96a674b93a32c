"""Who asks whether they may answer a lot, alone or with whom."""

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError

from marches.enums import StatutParticulier
from marches.models import MembreAlliance
from marches.rules import Candidat
from portal.permissions import Acteur, Role
from portal.siret import clean, is_siret
from portal.text import fold
from structures.forms.champs import StructureField, find_structure
from structures.models import Organisation, Structure

MOST_OWN = 10
MOST_PARTNERS = 8
MOST_ALLIES = 30
ENTREPRISE = "entreprise"
NOMS = {ENTREPRISE: "Une entreprise ordinaire", "regie": "Une régie de quartier", "oacas": "Un organisme d'accueil"}
MOTS = {"regie": StatutParticulier.REGIE, "oacas": StatutParticulier.OACAS, "emmaus": StatutParticulier.OACAS}


class ReponseForm(forms.Form):
    """A question in the address. `structures` and `entreprises` are who would answer, once the form is valid.

    A partner named by a SIRET that the directory does not know is read as an ordinary company.
    """

    structure = StructureField(label="Votre structure", required=False)
    statut = forms.ChoiceField(
        label="Ou, sans fiche dans l'annuaire", required=False,
        choices=[("", "Choisissez"), (ENTREPRISE, "Une entreprise ordinaire"),
                 *(each for each in StatutParticulier.choices if each[0])],
        help_text="Une régie conventionnée EI ou ACI a une fiche\u00a0: nommez-la plutôt ci-dessus.",
    )  # fmt: skip
    allies = forms.TypedMultipleChoiceField(
        label="Partenaires de vos alliances", required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    partenaires = forms.CharField(
        label="Autres partenaires",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Un par ligne\u00a0: SIRET ou adresse de la fiche. Un SIRET absent de l'annuaire est lu comme une "
        "entreprise ordinaire\u00a0; ajoutez «\u00a0régie\u00a0» ou «\u00a0OACAS\u00a0» après lui si c'en est.",
    )
    preuves = forms.BooleanField(
        label="Les membres hors liste prouvent qu'ils sont une «\u00a0structure équivalente\u00a0»",
        required=False,
        help_text="Par exemple\u00a0: effectifs certifiés, dont 50\u00a0% au moins de travailleurs du public visé.",
    )

    def __init__(self, data=None, *, acteur: Acteur):
        super().__init__(data)
        self.acteur = acteur
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
            del self.fields["statut"]  # it answers as what its card says
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
            statut, who = _statut(line)
            try:
                self._named.append(find_structure(who))
            except ValidationError as error:
                company = _company(who, statut)
                if company is None:
                    problems += [f"{line[:60]}\u00a0: {message}" for message in error.messages]
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
    def hors_annuaire(self) -> list[Candidat]:
        """Who asks, when it has no card and says what it is."""
        said = self.cleaned_data.get("statut", "")
        if not said or self.seuls:
            return []
        statut = StatutParticulier.AUCUN if said == ENTREPRISE else StatutParticulier(said)
        if self.acteur.has(Role.STRUCTURE, Role.ENTREPRISE) and self.acteur.organisation:
            return [Candidat(nom=self.acteur.organisation.nom, siren=self.acteur.organisation.siren, statut=statut)]
        return [Candidat(nom=NOMS[said], statut=statut)]

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


def _statut(line: str) -> tuple[StatutParticulier, str]:
    """What a line says of an operator outside the lists, and the rest of the line: « 123… régie » → REGIE, « 123… »."""
    found, rest = StatutParticulier.AUCUN, []
    for word in line.split():
        said = MOTS.get(fold(word).strip("(),."))
        if said is None:
            rest.append(word)
        else:
            found = said
    return found, " ".join(rest)


def _company(text: str, statut: StatutParticulier) -> Candidat | None:
    """The company of a SIRET that is no structure of the directory; None when it is no SIRET, or one that is."""
    number = clean(text)
    if not is_siret(number) or Structure.objects.listed().identified_by(number).exists():
        return None
    known = Organisation.objects.filter(type_identifiant="SIRET", identifiant=number).first()
    return Candidat(nom=known.nom if known else f"SIRET {number}", siren=number[:9], statut=statut)
