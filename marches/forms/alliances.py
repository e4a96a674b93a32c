"""What people type of an alliance: what it offers, where, and who is in it."""

import re
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory

from marches.models import Alliance
from portal.fields import EntierField
from portal.formsets import LignesFormSet
from portal.permissions import Acteur, Role
from structures import zones
from structures.enums import NiveauLieu
from structures.forms.activites import grouped_secteurs
from structures.forms.champs import StructureField
from structures.lieux import Lieu, resolve
from structures.models import Commune, Secteur, Structure, Zone

MOST_MEMBERS = 30
MOST_PLACES = 40
LARGEST_RADIUS = 500  # km


class AllianceForm(forms.ModelForm):
    secteurs = forms.ModelMultipleChoiceField(
        label="Secteurs", required=False, queryset=Secteur.objects.order_by("ordre"),
        widget=forms.SelectMultiple(attrs={"size": 10}),
        help_text="Plusieurs choix possibles\u00a0: gardez la touche Ctrl (ou Cmd) enfoncée.",
    )  # fmt: skip
    lieux = forms.CharField(
        label="Où l'alliance intervient", required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Communes, intercommunalités, départements ou régions, un par ligne ou séparés par «\u00a0;\u00a0».",
    )  # fmt: skip
    rayon_km = EntierField(label="Ou dans un rayon de (km)", required=False, min_value=1, max_value=LARGEST_RADIUS)
    autour = forms.CharField(
        label="Autour de", required=False, max_length=100, help_text="Une commune ou un code postal."
    )
    publiee = forms.BooleanField(label="Visible de tous", required=False, initial=True)

    class Meta:
        model = Alliance
        fields = ("nom", "objet", "secteurs", "lieux", "rayon_km", "autour", "depuis", "gouvernance", "publiee")
        widgets = {
            "objet": forms.Textarea(attrs={"rows": 5}),
            "gouvernance": forms.Textarea(attrs={"rows": 4}),
            "depuis": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }
        help_texts = {
            "objet": "Le besoin d'acheteur que vous savez couvrir ensemble, mieux que chacune seule.",
            "gouvernance": "Qui décide, qui porte la candidature, comment les tâches se partagent.",
        }
        error_messages = {"nom": {"unique": "Une autre alliance porte déjà ce nom."}}

    def __init__(self, data=None, *, instance: Alliance):
        super().__init__(data, instance=instance, initial=_zone_said(instance.zone) if instance.zone else {})
        self.fields["secteurs"].choices = grouped_secteurs()
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.places: list[Lieu] = []
        self.centre: Lieu | None = None

    def clean_lieux(self) -> str:
        typed = [part.strip() for part in re.split(r"[;\n]", self.cleaned_data["lieux"]) if part.strip()]
        if len(typed) > MOST_PLACES:
            raise ValidationError(f"Donnez {MOST_PLACES} lieux au plus\u00a0: un département vaut toutes ses communes.")
        problems = []
        for text in typed:
            try:
                self.places.append(_place(text))
            except ValidationError as error:
                problems += error.messages
        if problems:
            raise ValidationError(problems)
        return self.cleaned_data["lieux"]

    def clean_autour(self) -> str:
        text = self.cleaned_data["autour"].strip()
        if text:
            self.centre = _place(text)
            if not self.centre.has_point:
                raise ValidationError("Donnez une commune\u00a0: le centre d'un rayon est un point.")
        return text

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("rayon_km") and not self.centre and "autour" not in self.errors:
            self.add_error("autour", "Dites autour de quelle commune se compte ce rayon.")
        return cleaned

    @property
    def zone_changed(self) -> bool:
        """Whether places or circle were typed anew: otherwise the zone stays, whatever its names have become."""
        return bool({"lieux", "rayon_km", "autour"} & set(self.changed_data))

    @property
    def zone(self) -> tuple[list[tuple[str, str]], tuple[float, float] | None, int | None]:
        """Arguments of `zones.make_zone`; all empty when nothing was said."""
        places = [(lieu.niveau.value, lieu.code) for lieu in self.places]
        km = self.cleaned_data.get("rayon_km")
        circle = self.centre.point if km and self.centre else None
        return places, circle, km if circle else None


def _zone_said(zone: Zone) -> dict[str, Any]:
    """What a zone declares, as one would type it; four queries at most."""
    places = list(zone.lieux.filter(declare=True).order_by("niveau", "code").values_list("niveau", "code"))
    names = zones.names_of(places)
    communes = [code for niveau, code in places if niveau == NiveauLieu.COMMUNE]
    holders = dict(Commune.objects.filter(pk__in=communes).values_list("pk", "departement"))
    said = []
    for niveau, code in places:
        holder = holders.get(code) if niveau == NiveauLieu.COMMUNE else code
        bracket = f" ({holder})" if holder and niveau in {NiveauLieu.COMMUNE, NiveauLieu.DEPARTEMENT} else ""
        said.append("France" if niveau == NiveauLieu.FRANCE else f"{names.get((niveau, code), code)}{bracket}")
    around = zones.centres([zone]).get(zone.pk, "") if zone.rayon_km else ""
    return {"lieux": "\n".join(said), "rayon_km": zone.rayon_km, "autour": around}


def _place(text: str) -> Lieu:
    found = resolve(text)
    if found.lieu is None:
        raise ValidationError(
            f"Lieu inconnu\u00a0: «\u00a0{text[:60]}\u00a0». Vérifiez son nom, ou donnez son code postal."
        )
    alike = [lieu for lieu in found.candidats if lieu.niveau == NiveauLieu.COMMUNE and lieu.nom == found.lieu.nom]
    if found.lieu.niveau == NiveauLieu.COMMUNE and len(alike) > 1:
        names = " ou ".join(f"«\u00a0{lieu.libelle}\u00a0»" for lieu in alike[:4])
        raise ValidationError(f"Plusieurs communes s'appellent «\u00a0{text[:60]}\u00a0»\u00a0: écrivez {names}.")
    return found.lieu


class MembreForm(forms.Form):
    structure = StructureField(label="Structure", required=True)
    apport = forms.CharField(label="Ce qu'elle apporte", max_length=250, required=False)
    pilote = forms.BooleanField(label="Pilote l'alliance", required=False)


class BaseMembres(LignesFormSet):
    principal = "structure"

    def __init__(self, *args, acteur: Acteur, **given):
        super().__init__(*args, **given)
        self.acteur = acteur

    def clean(self):
        if any(self.errors):
            return
        rows = self.rows
        pks = [row["structure"].pk for row in rows]
        if len(set(pks)) < len(pks):
            raise ValidationError("Une structure est nommée deux fois\u00a0: gardez une seule de ses lignes.")
        if len(rows) < 2:
            raise ValidationError("Une alliance réunit au moins deux structures.")
        if sum(row["pilote"] for row in rows) > 1:
            raise ValidationError("Un seul membre pilote l'alliance\u00a0: décochez les autres.")
        if self.acteur.has(Role.ADMINISTRATION):
            return
        if not Structure.objects.editable_by(self.acteur).filter(pk__in=pks).exists():
            raise ValidationError("Votre structure, ou une structure de votre réseau, doit être parmi les membres.")


Membres: Any = formset_factory(
    MembreForm, formset=BaseMembres, extra=3, max_num=MOST_MEMBERS, validate_max=True, can_delete=True
)
