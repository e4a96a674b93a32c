"""What buyers type of their sites: each one, a list of them, who has which in a lot."""

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from marches.enums import TypeSite
from marches.forms.champs import LieuField, place_of, whole_field
from marches.importers.sites import MOST_AGENTS
from marches.models import ReferentAcheteur, Site, SiteLot
from portal.depots import LARGEST
from portal.fields import FichierField, FichierForm, NombreField
from portal.text import fold
from structures.enums import NiveauLieu
from structures.models import Organisation

COCHES, SANS, TOUS = "coches", "sans", "tous"


class _Helped(forms.Form):
    """A form whose page opens the tag itself."""

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True


class SiteForm(_Helped, forms.ModelForm):
    lieu = LieuField(label="Commune", help_text="Nom ou code postal.")
    agents = whole_field("Agents sur le site", 0, MOST_AGENTS, "Sert à mesurer la charge de chacun.")

    class Meta:
        model = Site
        fields = ("nom", "code", "type", "adresse", "agents")
        help_texts = {
            "nom": "Par exemple «\u00a0Collège Jean-Macé\u00a0».",
            "code": "Votre code, ou l'UAI d'un établissement scolaire.",
            "type": "Pour attribuer d'un coup tous les collèges, par exemple.",
            "adresse": "Rue et numéro.",
        }
        error_messages = {"nom": {"required": "Donnez un nom à ce site."}}

    def __init__(self, *args, instance: Site, **given):
        given["initial"] = {"lieu": place_of(instance.commune)}
        super().__init__(*args, instance=instance, **given)
        self.order_fields(["nom", "code", "type", "adresse", "lieu", "agents"])

    def _post_clean(self):
        """The action writes."""

    def clean_lieu(self):
        lieu = self.cleaned_data["lieu"]
        if lieu is not None and lieu.niveau != NiveauLieu.COMMUNE:
            raise ValidationError("Donnez une commune\u00a0: un site est quelque part.")
        return lieu

    @property
    def values(self) -> dict:
        values = {name: self.cleaned_data[name] for name in self._meta.fields}
        if "lieu" in self.changed_data:
            lieu = self.cleaned_data["lieu"]
            values["commune_id"] = lieu.code if lieu else None
        return values


class ReferentForm(_Helped, forms.ModelForm):
    class Meta:
        model = ReferentAcheteur
        fields = ("fonction", "role", "courriel")
        help_texts = {
            "fonction": "La fonction, jamais le nom\u00a0: «\u00a0Gestionnaire des lycées du Loiret\u00a0».",
            "role": "«\u00a0Lycées\u00a0», «\u00a0Clauses sociales\u00a0»…",
            "courriel": "Une adresse de service de préférence\u00a0; les titulaires du lot la voient.",
        }
        error_messages = {"fonction": {"required": "Dites la fonction de ce référent."}}

    def _post_clean(self):
        """The action writes."""

    @property
    def values(self) -> dict:
        return {name: self.cleaned_data[name] for name in self._meta.fields}


class SitesFichierForm(FichierForm):
    fichier = FichierField(
        label="Liste de vos sites",
        help_text=f"CSV, XLSX ou ODS, {LARGEST // 1024**2}\u00a0Mo et 5\u00a0000 sites au plus. "
        "La première ligne porte le nom des colonnes.",
        error_messages={"required": "Choisissez le fichier de vos sites."},
    )


class SitesFilterForm(forms.Form):
    """Which sites are shown; a bad value reads as none."""

    q = forms.CharField(label="Nom, code ou commune", required=False, max_length=100)
    type = forms.ChoiceField(label="Type", required=False, choices=[("", "Tous les types"), *TypeSite.choices])

    def apply(self, sites):
        if not self.is_valid():
            return sites
        if kind := self.cleaned_data["type"]:
            sites = sites.filter(type=kind)
        for word in self.cleaned_data["q"].split()[:6]:
            folded = fold(word) or word
            sites = sites.filter(Q(nom__icontains=word) | Q(code__iexact=word) | Q(commune__nom_tri__contains=folded))
        return sites


class AttributionForm(_Helped):
    """Give sites of a lot to a holder, all at once: those ticked, those without anybody, those of a commune."""

    organisation = forms.ModelChoiceField(
        label="Confier à", queryset=None, required=False, empty_label="(ne pas changer)",
        error_messages={"invalid_choice": "Cette organisation ne tient pas ce lot."},
    )  # fmt: skip
    referent = forms.ModelChoiceField(
        label="Référent chez l'acheteur", queryset=None, required=False, empty_label="(ne pas changer)",
    )  # fmt: skip
    portee = forms.ChoiceField(
        label="Quels sites", initial=COCHES,
        error_messages={"invalid_choice": "Cet ensemble n'est plus proposé\u00a0: choisissez dans la liste."},
    )  # fmt: skip

    def __init__(self, *args, lot, porteurs, referents, rows, **given):
        super().__init__(*args, **given)
        self.rows = rows
        self.fields["organisation"].queryset = Organisation.objects.filter(pk__in=porteurs).order_by("nom_tri", "pk")
        self.fields["organisation"].label_from_instance = lambda body: body.nom
        self.fields["referent"].queryset = referents
        towns: dict[str, tuple[str, int]] = {}
        for row in rows:
            if row.site.commune_id:
                name, count = towns.get(row.site.commune_id, (row.site.commune.nom, 0))
                towns[row.site.commune_id] = (name, count + 1)
        several = sorted(((name, code, count) for code, (name, count) in towns.items()), key=lambda each: each[0])
        kinds = {row.site.type: row.site.get_type_display() for row in rows}
        self.fields["portee"].choices = [
            (COCHES, "Les sites cochés ci-dessous"),
            (SANS, "Tous les sites qui n'ont personne"),
            (TOUS, "Tous les sites du lot"),
            *((f"type:{kind}", f"Tous les sites «\u00a0{said}\u00a0»") for kind, said in sorted(kinds.items())),
            *((f"commune:{code}", f"Tous ceux de {name} ({count})") for name, code, count in several[:150]),
        ]

    @property
    def chosen(self) -> list[SiteLot]:
        """The sites meant by a valid form."""
        scope = self.cleaned_data["portee"]
        if scope == TOUS:
            return list(self.rows)
        if scope == SANS:
            return [row for row in self.rows if not row.organisation_id]
        if scope == COCHES:
            ticked = set(self.data.getlist("site")[:5_000])
            return [row for row in self.rows if str(row.pk) in ticked]
        what, _, value = scope.partition(":")
        return [row for row in self.rows if value == (row.site.type if what == "type" else row.site.commune_id)]


class SiteLotForm(_Helped):
    """One site of a lot: the hours of work it takes in a year."""

    heures_an = NombreField(
        label="Heures de travail par an", required=False, maximum="9999999.99",
        help_text="Tous agents ensemble\u00a0; sert à comparer la charge de chacun à sa part du groupement.",
    )  # fmt: skip
