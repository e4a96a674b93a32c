"""What members type on their card, one form for each block."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal import images
from portal.fields import PICTURES, EntierField, NombreField, PictureForm, SiteField
from portal.templatetags.formats import nombre
from structures.enums import Bloc, NiveauLieu, RolePrefere
from structures.lieux import resolve
from structures.models import Departement, PhotoStructure, Structure
from structures.presentation import blocs
from structures.rules import SHORTEST_DESCRIPTION

OLDEST_YEAR = 1850
LONGEST_DESCRIPTION = 5_000  # characters
MOST_PHOTOS = 12


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class BlocForm(forms.ModelForm):
    """A block of the card; `groupes`: (legend, rows), a row being one field or several side by side."""

    groupes: tuple[tuple[str, tuple], ...] = ()

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*(Fieldset(legend, *map(_row, rows)) for legend, rows in self.groupes))
        for name in ("annee_creation", "annee_chiffre_affaires", "annee_part"):
            if name in self.fields:
                self._bound(name, OLDEST_YEAR, timezone.localdate().year)

    def _bound(self, name: str, least: int, most: int) -> None:
        former = self.fields[name]
        self.fields[name] = EntierField(
            label=former.label, help_text=former.help_text, required=False, min_value=least, max_value=most,
            annee=name.startswith("annee_"),
        )  # fmt: skip

    @property
    def values(self) -> dict:
        """The columns of the block to write."""
        return {name: self.cleaned_data[name] for name in self._meta.fields}

    @property
    def typed(self) -> dict:
        """What is about to be written, in the shape of `blocs.etat`."""
        return {name: blocs.plain(value) for name, value in self.values.items()}


def _row(fields) -> str | Div:
    return fields if isinstance(fields, str) else Div(*fields, css_class="field-row")


class IdentiteForm(BlocForm):
    site = SiteField(max_length=300)
    groupes = (
        ("Votre nom", ("nom", "enseigne", "annee_creation")),
        ("Vos contacts publics", ("courriel", ("telephone", "site"))),
        ("Votre adresse", ("adresse", ("code_postal", "ville"))),
        ("Convention ou agrément", (("convention_debut", "convention_fin"), "departements_convention")),
    )

    class Meta:
        model = Structure
        fields = blocs.CHAMPS[Bloc.IDENTITE]
        widgets = {"convention_debut": day_input(), "convention_fin": day_input()}
        help_texts = {
            "enseigne": "Le nom sous lequel vos clients vous connaissent, s'il est différent.",
            "courriel": (
                "Une adresse de service plutôt qu'une adresse personnelle\u00a0: tous les visiteurs de l'annuaire "
                "la voient."
            ),
            "departements_convention": "Numéros séparés par des virgules\u00a0: «\u00a014, 61\u00a0».",
        }

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        self.fields["nom"].error_messages["required"] = "Votre fiche a besoin d'un nom."
        self.place: dict = {}

    def clean_telephone(self):
        number = " ".join(self.cleaned_data["telephone"].split())
        digits = sum(char.isdigit() for char in number)
        if number and (digits < 4 or digits > 15 or any(char not in "0123456789 +().-/" for char in number)):
            raise ValidationError("Écrivez un numéro de téléphone, par exemple «\u00a002 31 00 00 00\u00a0».")
        return number

    def clean_departements_convention(self):
        codes = self.cleaned_data["departements_convention"].upper().replace(",", " ").replace(";", " ").split()
        codes = sorted({code.zfill(2) for code in codes})
        known = set(Departement.objects.filter(code__in=codes[:150]).values_list("code", flat=True))
        if unknown := [code for code in codes if code not in known]:
            raise ValidationError(
                f"Département inconnu\u00a0: {', '.join(unknown[:5])[:60]}. Écrivez des numéros, par exemple "
                "«\u00a014, 2A\u00a0»."
            )
        return " ".join(codes)

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("convention_debut"), cleaned.get("convention_fin")
        if start and end and end < start:
            self.add_error("convention_fin", "La fin de convention ne peut précéder son début.")
        if {"code_postal", "ville"} & set(self.changed_data) and not {"code_postal", "ville"} & self.errors.keys():
            self._find_commune(cleaned["code_postal"].strip(), cleaned["ville"].strip())
        return cleaned

    def _find_commune(self, postcode: str, city: str) -> None:
        if not postcode and not city:
            self.place = {"commune_id": None, "departement_id": None, "latitude": None, "longitude": None}
            return
        found = resolve(f"{postcode} {city}".strip())
        communes = [lieu for lieu in found.candidats if lieu.niveau == NiveauLieu.COMMUNE]
        if not communes:
            self.add_error(
                "ville",
                "Nous ne reconnaissons pas cette commune\u00a0: vérifiez son nom et son code postal, sans abréviation.",
            )
            return
        commune = communes[0]
        self.place = {
            "commune_id": commune.code,
            "departement_id": commune.departement or None,
            "latitude": commune.latitude,
            "longitude": commune.longitude,
        }

    @property
    def values(self):
        """With the commune, its département and its centre when the town changed."""
        place = self.place
        if place.get("commune_id") and place["commune_id"] == self.instance.commune_id:
            place = {}  # the same town written otherwise: a known position stays
        return super().values | place

    @property
    def typed(self):
        return {name: value for name, value in super().typed.items() if name in self.fields}


class PresentationForm(BlocForm):
    fichier = forms.FileField(
        label="Logo", required=False, **PICTURES,
        help_text="JPEG, PNG ou WebP, 8\u00a0Mo au plus\u00a0; il est réduit à 480 pixels.",
    )  # fmt: skip
    retirer_logo = forms.BooleanField(label="Retirer le logo actuel", required=False)
    groupes = (("Ce que vous faites", ("description",)), ("Votre logo", ("fichier", "retirer_logo")))

    class Meta:
        model = Structure
        fields = ("description",)
        widgets = {"description": forms.Textarea(attrs={"rows": 10})}
        help_texts = {
            "description": (
                "Votre métier, vos moyens, votre projet social, en quelques phrases simples\u00a0: "
                f"{SHORTEST_DESCRIPTION} caractères au moins pour qu'un acheteur s'y retrouve."
            )
        }

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        self.fields["description"].max_length = LONGEST_DESCRIPTION
        if not self.instance.logo:
            del self.fields["retirer_logo"]
            self.helper.layout = Layout(
                Fieldset("Ce que vous faites", "description"), Fieldset("Votre logo", "fichier")
            )

    def clean_description(self):
        text = self.cleaned_data["description"].strip()
        if len(text) > LONGEST_DESCRIPTION:
            raise ValidationError(
                f"Cette présentation compte {nombre(len(text))} caractères\u00a0: raccourcissez-la à "
                f"{nombre(LONGEST_DESCRIPTION)}."
            )
        return text

    def clean_fichier(self):
        upload = self.cleaned_data["fichier"]
        return images.prepare(upload).vignette if upload else None

    @property
    def values(self):
        given = self.cleaned_data.get("fichier")
        logo = given or (False if self.cleaned_data.get("retirer_logo") else None)
        return super().values | {"logo": logo}

    @property
    def typed(self):
        logo = self.values["logo"]
        former = "" if logo is False else str(self.instance.logo)
        return {"description": self.cleaned_data["description"], "logo": logo.name if logo else former}

    @property
    def lost_file(self) -> bool:
        """Whether a picture was sent with a page that is shown again: browsers forget it."""
        return self.is_bound and bool(self.files)


class CapaciteForm(BlocForm):
    mois = forms.TypedMultipleChoiceField(
        label="Mois de faible activité", required=False, coerce=int, widget=forms.CheckboxSelectMultiple,
        choices=[(number, name.capitalize()) for number, name in enumerate(blocs.MOIS, 1)],
        help_text="Les mois où vous pouvez prendre plus de commandes\u00a0: les acheteurs cherchent aussi ainsi.",
    )  # fmt: skip
    groupes = (
        ("Vos équipes", ("capacite", ("effectif", "effectif_parcours"))),
        (
            "Votre activité",
            (("chiffre_affaires", "annee_chiffre_affaires"), ("part_marches_publics", "annee_part"), "mois"),
        ),
        ("Commande publique", ("role_prefere", ("formes_commande_publique", "delai_reponse_jours"))),
        ("Votre siège", (("siege_qpv", "siege_zrr"),)),
    )
    BOUNDS = {
        "capacite": (0, 100_000), "effectif": (0, 100_000), "effectif_parcours": (0, 100_000),
        "part_marches_publics": (0, 100), "formes_commande_publique": (0, 10_000), "delai_reponse_jours": (0, 365),
    }  # fmt: skip

    class Meta:
        model = Structure
        fields = tuple(name for name in blocs.CHAMPS[Bloc.CAPACITE] if name != "mois_creux")
        help_texts = {
            "capacite": "Nombre de places ou de postes que votre structure peut tenir en même temps.",
            "chiffre_affaires": "Du dernier exercice clos, hors taxes et hors subventions.",
            "part_marches_publics": "Part de ce chiffre d'affaires faite avec des acheteurs publics.",
            "role_prefere": "Seul, à plusieurs ou derrière un titulaire.",
            "formes_commande_publique": "Salariés ou dirigeants qui ont suivi une formation à la commande publique.",
            "delai_reponse_jours": "En combien de jours vous répondez d'ordinaire à une demande de devis.",
        }

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        for name, bounds in self.BOUNDS.items():
            self._bound(name, *bounds)
        former = self.fields["chiffre_affaires"]
        self.fields["chiffre_affaires"] = NombreField(
            label=former.label, help_text=former.help_text, required=False, maximum="999999999999.99"
        )
        self.fields["role_prefere"].choices = [("", "Sans préférence dite"), *RolePrefere.choices]
        self.initial["mois"] = blocs.mois_of(self.instance.mois_creux)

    def clean_chiffre_affaires(self):
        amount = self.cleaned_data["chiffre_affaires"]
        if amount is not None and amount < 0:
            raise ValidationError(
                "Le chiffre d'affaires ne peut être négatif\u00a0; laissez vide s'il n'est pas connu."
            )
        return amount

    def clean(self):
        cleaned = super().clean()
        everyone, insertion = cleaned.get("effectif"), cleaned.get("effectif_parcours")
        if everyone is not None and insertion is not None and insertion > everyone:
            self.add_error("effectif_parcours", "Ce nombre ne peut dépasser l'effectif de la structure.")
        for amount, year, said in (
            ("chiffre_affaires", "annee_chiffre_affaires", "Indiquez l'année de ce chiffre d'affaires."),
            ("part_marches_publics", "annee_part", "Indiquez l'année de cette part."),
        ):
            if cleaned.get(amount) is not None and cleaned.get(year) is None and year not in self.errors:
                self.add_error(year, said)
        return cleaned

    @property
    def values(self):
        return super().values | {"mois_creux": blocs.masque_of(self.cleaned_data["mois"])}


FORMS: dict[str, type[BlocForm]] = {
    Bloc.IDENTITE: IdentiteForm,
    Bloc.PRESENTATION: PresentationForm,
    Bloc.CAPACITE: CapaciteForm,
}


class PhotoForm(PictureForm):
    class Meta(PictureForm.Meta):
        model = PhotoStructure

    def clean(self):
        cleaned = super().clean()
        if not self.instance.pk and self.instance.siblings().count() >= MOST_PHOTOS:
            raise ValidationError(f"Une fiche compte {MOST_PHOTOS} photos au plus\u00a0: supprimez-en une d'abord.")
        return cleaned
