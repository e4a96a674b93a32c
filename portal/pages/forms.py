"""What network staff type: a story with its links, key figures and pictures, a charter with who signed it."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.utils import ErrorDict, ErrorList

from clauses.forms.champs import LieuxField, lieux_ecrits
from marches.forms.champs import FIRST_YEAR, LAST_YEAR, whole_field
from marches.models import Lot, Marche
from portal.fields import JourField, PictureForm
from portal.pages.models import Charte, ChiffreCle, Photo, SignataireCharte, Temoignage
from portal.pages.rules import missing_to_publish
from portal.search import filter_words
from portal.text import fold, stems
from structures.models import Structure

FOUND = 15  # answers shown under a search box
MOST_FIGURES = 20
LONGEST_STORY = 40_000  # characters
LONGEST_ID = 18  # digits that a database key can hold

SEARCH_STRUCTURES, SEARCH_MARCHES, ADD_FIGURE = "chercher_structures", "chercher_marches", "ajouter_chiffre"
SAVE_BUTTONS = ("enregistrer", "continuer")


class LinksField(forms.ModelMultipleChoiceField):
    """Rows chosen by ticking answers of a search: the page shows those only, never the whole table."""

    widget = forms.SelectMultiple
    default_error_messages = {
        "invalid_choice": "Un des éléments cochés n'existe plus\u00a0: cherchez-le de nouveau.",
        "invalid_pk_value": "Un des éléments cochés est illisible\u00a0: cherchez-le de nouveau.",
    }

    def clean(self, value):
        return super().clean(ids(value or []))


class TemoignageForm(forms.ModelForm):
    """A story and its links. `chosen_*` and `found_*` are what the page shows as ticked and unticked boxes."""

    structures = LinksField(queryset=Structure.objects.none(), required=False)
    marches = LinksField(queryset=Marche.objects.none(), required=False)
    lots = LinksField(queryset=Lot.objects.none(), required=False)
    quelle_structure = forms.CharField(
        label="Chercher une structure", required=False, max_length=120, help_text="Nom, ville ou SIRET."
    )
    quel_marche = forms.CharField(
        label="Chercher un marché", required=False, max_length=120, help_text="Objet, acheteur ou référence."
    )

    class Meta:
        model = Temoignage
        fields = (
            "titre",
            "chapeau",
            "corps",
            "fonction_interviewee",
            "date_entretien",
            "source",
            "audience",
            "structures",
            "marches",
            "lots",
        )
        widgets = {
            "chapeau": forms.Textarea(attrs={"rows": 3}),
            "corps": forms.Textarea(attrs={"rows": 16}),
            "date_entretien": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }
        help_texts = {
            "titre": "Une phrase courte qui dit le résultat obtenu.",
            "chapeau": (
                "Deux phrases\u00a0: qui a fait quoi, avec quel effet. Elles figurent sur la carte du témoignage."
            ),
            "corps": (
                "Mise en forme Markdown\u00a0: «\u00a0##\u00a0» ouvre un intertitre, «\u00a0-\u00a0» une liste, "
                "«\u00a0**mot**\u00a0» met en gras, «\u00a0[texte](https://…)\u00a0» fait un lien."
            ),
            "fonction_interviewee": (
                "La fonction, jamais le nom\u00a0: «\u00a0responsable des achats d'un département\u00a0», par exemple."
            ),
            "source": "D'où viennent ces informations\u00a0: entretien, bilan annuel, article…",
            "audience": (
                "«\u00a0Personnes connectées\u00a0»\u00a0: le témoignage ne se lit qu'une fois connecté au portail."
            ),
        }

    def __init__(self, data=None, *, acteur, **given):
        super().__init__(data, **given)
        self.acteur = acteur
        self.fields["structures"].queryset = Structure.objects.visible_to(acteur)
        self.fields["marches"].queryset = Marche.objects.visible_to(acteur)
        self.fields["lots"].queryset = Lot.objects.visible_to(acteur)
        self.fields["corps"].max_length = LONGEST_STORY
        self.fields["corps"].validators.append(_not_longer_than(LONGEST_STORY))

    def clean(self):
        """A published story stays complete: what publication asks for is asked for here as well."""
        cleaned = super().clean()
        if self.instance.statut != Temoignage.Statut.PUBLIE or self.errors:
            return cleaned
        problems = missing_to_publish(
            chapeau=cleaned["chapeau"],
            corps=cleaned["corps"],
            linked=sum(cleaned[name].count() for name in ("structures", "marches", "lots")),
            photos=[],
        )
        if problems:
            raise ValidationError(
                [
                    "Ce témoignage est publié, il doit rester complet\u00a0; vous pouvez aussi le retirer d'abord.",
                    *problems,
                ]
            )
        return cleaned

    @property
    def chosen_structures(self):
        return self._chosen("structures").select_related("departement")

    @property
    def chosen_marches(self):
        return self._chosen("marches").select_related("acheteur__organisation")

    @property
    def offered_lots(self):
        """Lots of the chosen contracts, and lots already chosen, as (lot, ticked)."""
        ticked = self._ids("lots")
        of_chosen = Lot.objects.visible_to(self.acteur).filter(Q(pk__in=ticked) | Q(marche__in=self._ids("marches")))
        return [(lot, lot.pk in ticked) for lot in of_chosen.order_by("marche", "numero", "pk")[: 4 * FOUND]]

    @property
    def found_structures(self):
        """Answers to what was typed in the search box, None when nothing was asked."""
        text = self._typed("quelle_structure")
        if not text:
            return None
        structures = self.fields["structures"].queryset.exclude(pk__in=self._ids("structures"))
        digits = "".join(text.split())
        if digits.isdecimal() and len(digits) >= 9:
            structures = structures.filter(organisation__identifiant__startswith=digits)
        elif stems(text):
            by_words = filter_words(structures, text).values("pk")
            structures = structures.filter(Q(pk__in=by_words) | Q(nom_tri__contains=fold(text)))
        else:
            structures = structures.none()
        return structures.select_related("departement").order_by("nom_tri", "pk")[:FOUND]

    @property
    def found_marches(self):
        text = self._typed("quel_marche")
        if not text:
            return None
        marches = self.fields["marches"].queryset.exclude(pk__in=self._ids("marches"))
        asked = Q(reference__iexact=text) | Q(acheteur__organisation__nom_tri__contains=fold(text) or text)
        if stems(text):
            asked |= Q(pk__in=filter_words(Marche.objects.all(), text).values("pk"))
        return marches.filter(asked).select_related("acheteur__organisation").order_by("-recence", "-pk")[:FOUND]

    def _typed(self, name) -> str:
        return (self.data.get(name) or "").replace("\x00", "").strip()[:120] if self.is_bound else ""

    def _ids(self, name) -> list[int]:
        if self.is_bound:
            return ids(self.data.getlist(name))
        if not self.instance.pk:
            return []
        return list(getattr(self.instance, name).values_list("pk", flat=True))

    def _chosen(self, name):
        return self.fields[name].queryset.filter(pk__in=self._ids(name))


class ChiffreForm(forms.ModelForm):
    class Meta:
        model = ChiffreCle
        fields = ("libelle", "valeur", "unite", "periode", "source", "a_verifier")
        help_texts = {
            "libelle": "Ce que l'on compte.",
            "unite": "heures, personnes, €…",
            "periode": "«\u00a02025\u00a0», «\u00a0de mars à juin 2026\u00a0»…",
            "source": "Bilan, entretien, marché…",
        }

    def save(self, commit=True):
        """A figure computed by the portal and then retyped is a declared one."""
        if "valeur" in self.changed_data:
            self.instance.origine = ChiffreCle.Origine.DECLARE
        return super().save(commit)


ChiffreFormSet = forms.inlineformset_factory(
    Temoignage,
    ChiffreCle,
    form=ChiffreForm,
    extra=1,
    max_num=MOST_FIGURES,
    validate_max=True,
    absolute_max=MOST_FIGURES + 10,
    can_delete=True,
)


class StoryForms:
    """The two forms of a story, and what the pressed button asks for."""

    def __init__(self, request, temoignage: Temoignage):
        data = request.POST.copy() if request.method == "POST" else None
        self.asked = _asked(data or {})
        if self.asked == ADD_FIGURE:
            data["chiffres-TOTAL_FORMS"] = _one_more(data.get("chiffres-TOTAL_FORMS"))
        self.form = TemoignageForm(data, instance=temoignage, acteur=request.acteur)
        self.chiffres = ChiffreFormSet(data, instance=temoignage, prefix="chiffres")
        self.to_save = data is not None and not self.asked
        if self.asked:
            self._keep_quiet()

    def is_valid(self) -> bool:
        """Both forms, each checked so that all errors show at once; False while searching or adding a row."""
        return self.to_save and all([self.form.is_valid(), self.chiffres.is_valid()])

    def _keep_quiet(self) -> None:
        """Show what was typed without judging it: nobody asked to save."""
        if not self.chiffres.management_form.is_valid():
            return
        for form in (self.form, *self.chiffres.forms):
            form._errors = ErrorDict()
            form.cleaned_data = {}
        self.chiffres._errors = [{} for _ in self.chiffres.forms]
        self.chiffres._non_form_errors = ErrorList()


class PhotoForm(PictureForm):
    class Meta(PictureForm.Meta):
        model = Photo


def ids(values) -> list[int]:
    """The database keys among submitted values; anything else is left out."""
    texts = (str(value).strip() for value in values)
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID]


def _asked(data) -> str:
    """The search or the new row that was asked for, "" for a save; Enter in a search box presses no named button."""
    pressed = next((name for name in (SEARCH_STRUCTURES, SEARCH_MARCHES, ADD_FIGURE) if name in data), "")
    if pressed or any(name in data for name in SAVE_BUTTONS):
        return pressed
    if (data.get("quelle_structure") or "").strip():
        return SEARCH_STRUCTURES
    return SEARCH_MARCHES if (data.get("quel_marche") or "").strip() else ""


def _one_more(total) -> str:
    known = ids([total or 0])
    return str(min((known[0] if known else 0) + 1, MOST_FIGURES))


def _not_longer_than(most):
    def check(text):
        if len(text) > most:
            raise ValidationError(f"Ce récit compte {len(text)} caractères\u00a0: raccourcissez-le à {most}.")

    return check


class CharteForm(forms.ModelForm):
    annee = whole_field("Année d'adoption", FIRST_YEAR, LAST_YEAR, required=True)
    fin = whole_field("Dernière année", FIRST_YEAR, LAST_YEAR, "Vide si aucune fin n'est prévue.")
    territoire = LieuxField(label="Territoire", required=False)
    lien = forms.URLField(
        label="Adresse du texte", required=False, max_length=500, assume_scheme="https",
        error_messages={"invalid": "Écrivez une adresse complète, par exemple https://www.exemple.fr/charte."},
    )  # fmt: skip

    class Meta:
        model = Charte
        fields = ("nom", "presentation", "engagements", "lien", "annee", "fin", "territoire", "publiee")
        widgets = {"presentation": forms.Textarea(attrs={"rows": 4}), "engagements": forms.Textarea(attrs={"rows": 10})}
        help_texts = {
            "engagements": "Un par ligne, dans vos propres mots.",
            "nom": "Celui que les signataires lui donnent.",
        }
        error_messages = {
            "nom": {"required": "Donnez un nom à cette charte."},
            "engagements": {"required": "Écrivez au moins un engagement."},
        }

    def __init__(self, *args, instance, **given):
        given["initial"] = {"territoire": lieux_ecrits(instance.zone)}
        super().__init__(*args, instance=instance, **given)

    def clean_engagements(self):
        return self.cleaned_data["engagements"].replace("\r\n", "\n")


class SignataireForm(forms.ModelForm):
    signe_le = JourField(label="Signée le", required=False)

    class Meta:
        model = SignataireCharte
        fields = ("nom", "nature", "departement", "signe_le")
        error_messages = {
            "nom": {"required": "Donnez le nom du signataire."},
            "nature": {"required": "Dites qui il est."},
        }

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        self.fields["departement"].empty_label = "Plusieurs, ou tout le territoire"
        self.fields["nature"].choices = [("", "Choisir"), *SignataireCharte.Nature.choices]

    def clean_nom(self):
        return " ".join(self.cleaned_data["nom"].split())
