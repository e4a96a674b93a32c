"""The question a buyer asks of a territory before preparing a contract."""

import re

from django import forms

from portal.fields import NombreField
from structures.directory import Question
from structures.enums import Mode, NiveauLieu
from structures.filters import sector_choices
from structures.lieux import Lieu, from_parametre, resolve
from structures.models import Secteur

MOST_PLACES, MOST_SECTORS, LONGEST = 10, 10, 300
MOST_MONTHS = 180


class PotentielForm(forms.Form):
    """Everything in the address. `lieux` and `secteurs` are what was understood, `homonymes` what else it may mean."""

    use_required_attribute = False
    secteur = forms.MultipleChoiceField(
        label="Secteurs d'achat",
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text="Un ou plusieurs, avec la touche Ctrl ou Cmd\u00a0; un secteur de tête compte tous les siens.",
        error_messages={
            "invalid_choice": "«\u00a0%(value)s\u00a0» n'est pas un secteur de la liste\u00a0: choisissez-en un autre."
        },
    )
    ou = forms.CharField(
        label="Lieux",
        required=False,
        max_length=LONGEST,
        help_text="Communes, intercommunalités, départements ou régions, séparés par un point-virgule.",
        widget=forms.TextInput(attrs={"placeholder": "ex. Caen\u00a0; Orne", "autocomplete": "off"}),
    )
    mode = forms.ChoiceField(
        label="Mode de réponse",
        required=False,
        choices=[("", "Tous"), *Mode.choices],
        error_messages={"invalid_choice": "Choisissez un mode de la liste."},
    )
    budget = NombreField(
        label="Budget (€ HT)",
        required=False,
        maximum="9999999999.99",
        help_text="Pour toute la durée du contrat, reconductions comprises.",
    )
    duree = NombreField(
        label="Durée (mois)",
        required=False,
        decimales=0,
        minimum="1",
        maximum=str(MOST_MONTHS),
        help_text="Exemple\u00a0: 48",
    )

    def __init__(self, data, **options):
        given = data.copy()
        self._by_name: dict[str, Lieu] = {}
        if not any(given.getlist("ou")):
            named = [lieu for key in given.getlist("lieu")[:MOST_PLACES] if (lieu := from_parametre(key))]
            self._by_name = {lieu.libelle: lieu for lieu in named}
            given["ou"] = " ; ".join(self._by_name)
        else:
            given["ou"] = " ; ".join(text for text in given.getlist("ou") if text)
        given.setlist("secteur", [code for code in given.getlist("secteur") if code])
        super().__init__(given, **options)
        self._secteurs = {
            secteur.code: secteur for secteur in Secteur.objects.only("code", "nom", "parent_id", "ordre")
        }
        self.fields["secteur"].choices = sector_choices(self._secteurs.values())
        self.lieux: tuple[Lieu, ...] = ()
        self.homonymes: list[tuple[Lieu, list[Lieu]]] = []

    @property
    def is_asked(self) -> bool:
        """Whether something was typed: an empty form is shown without reproach."""
        return any(value.strip() for name in self.fields for value in self.data.getlist(name))

    def clean_secteur(self):
        codes = self.cleaned_data["secteur"]
        if len(codes) > MOST_SECTORS:
            raise forms.ValidationError(f"Choisissez {MOST_SECTORS} secteurs au plus.")
        return [self._secteurs[code] for code in codes]

    def clean_ou(self):
        names = list(
            dict.fromkeys(name.strip() for name in re.split(r"[;\n]", self.cleaned_data["ou"]) if name.strip())
        )
        if len(names) > MOST_PLACES:
            raise forms.ValidationError(f"Indiquez {MOST_PLACES} lieux au plus, ou un territoire plus grand.")
        found, unknown = [], []
        for name in names:
            lieu = self._by_name.get(name) or self._resolved(name)
            if lieu is None:
                unknown.append(f"«\u00a0{name[:60]}\u00a0»")
            else:
                found.append(lieu)
        if unknown:
            raise forms.ValidationError(
                f"Lieu inconnu\u00a0: {', '.join(unknown)}. Écrivez le nom d'une commune, d'un département ou d'une "
                "région."
            )
        self.lieux = tuple(dict.fromkeys(found))
        return " ; ".join(names)

    def _resolved(self, name: str) -> Lieu | None:
        place = resolve(name)
        if place.lieu and place.is_ambiguous:
            others = [lieu for lieu in place.candidats if lieu != place.lieu and not _same_ground(lieu, place.lieu)]
            self.homonymes += [(place.lieu, others)] if others else []
        return place.lieu

    def clean(self):
        data = super().clean()
        if not self.errors and not data.get("secteur") and not self.lieux:
            raise forms.ValidationError("Choisissez au moins un secteur ou un lieu.")
        return data

    def question(self) -> Question:
        data = self.cleaned_data
        return Question(secteurs=tuple(data["secteur"]), lieux=self.lieux, mode=data["mode"])

    @property
    def duree_mois(self) -> int | None:
        months = self.cleaned_data["duree"]
        return int(months) if months else None


def _same_ground(one: Lieu, other: Lieu) -> bool:
    """Whether both are the same land under two names of the map: overseas, a département is its region."""
    larger = {NiveauLieu.DEPARTEMENT, NiveauLieu.REGION}
    return {one.niveau, other.niveau} == larger and one.region == other.region and one.nom == other.nom
