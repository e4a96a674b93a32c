"""Form fields that read what French people type, and the pictures they send."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from portal import images
from portal.templatetags.formats import nombre

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


class JourField(forms.DateField):
    """A day of this century, typed or picked."""

    def __init__(self, **options):
        options.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        options.setdefault("input_formats", ["%Y-%m-%d", "%d/%m/%Y"])
        super().__init__(**options)
        message = "Écrivez une date entre 2000 et 2099."
        self.validators += [MinValueValidator(FIRST_DAY, message), MaxValueValidator(LAST_DAY, message)]
        self.error_messages["invalid"] = "Écrivez une date comme 31/12/2026."


class JourPasseField(JourField):
    """The day of something that has happened: today at the latest."""

    def validate(self, value):
        super().validate(value)
        if value is not None and value > timezone.localdate():
            raise ValidationError("Cette date est à venir\u00a0: écrivez aujourd'hui ou un jour passé.")


class NombreField(forms.DecimalField):
    """A number as French people type it: spaces and comma; shown the same way."""

    widget = forms.TextInput

    def __init__(self, *, unite="", decimales=2, maximum="9999999.99", minimum="0", **options):
        options.setdefault("decimal_places", decimales)
        options.setdefault("max_digits", len(str(maximum).partition(".")[0]) + decimales)
        super().__init__(
            min_value=None if minimum is None else Decimal(minimum),
            max_value=Decimal(maximum),
            localize=True,
            **options,
        )
        self.unite = unite
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
        self.error_messages |= {
            "invalid": "Écrivez un nombre, par exemple 1\u00a0250,5.",
            "max_digits": "Ce nombre est trop grand.",
            "max_whole_digits": "Ce nombre est trop grand.",
            "max_decimal_places": f"Écrivez {decimales} chiffres au plus après la virgule."
            if decimales
            else "Écrivez un nombre entier, sans virgule.",
            "min_value": f"Écrivez {nombre(minimum)} ou plus.",
            "max_value": f"Écrivez {nombre(maximum)} au plus.",
        }

    def run_validators(self, value):
        """One fault is told at a time: a number over its maximum has too many digits too."""
        try:
            super().run_validators(value)
        except ValidationError as error:
            raise ValidationError(error.error_list[:1]) from error

    def to_python(self, value):
        if isinstance(value, str):
            value = re.sub(r"[\s\u00a0\u202f]", "", value).replace(",", ".").removesuffix("€").removesuffix("%")
            if value and not re.fullmatch(r"[+-]?\d{0,40}(\.\d{0,40})?", value):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class EntierField(forms.IntegerField):
    """A whole number between two bounds, typed with or without spaces, in a text field: browsers change the numbers of
    their own fields when one scrolls. A year is a number too, written without spaces."""

    def __init__(self, *, annee: bool = False, **options):
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(**options)
        least, most = self.min_value, self.max_value
        said = "Écrivez un nombre entier."
        if annee:
            said = f"Écrivez une année entre {least} et {most}."
        elif least is not None and most is not None:
            said = f"Écrivez un nombre entier, de {nombre(least)} à {nombre(most)}."
        self.error_messages |= {"invalid": said, "min_value": said, "max_value": said}

    def to_python(self, value):
        return super().to_python(re.sub(r"[\s\u00a0\u202f]", "", value) if isinstance(value, str) else value)


class SiteField(forms.URLField):
    """The address of a site, with or without « https:// »."""

    def __init__(self, **options):
        options.setdefault("label", "Site")
        options.setdefault("help_text", "Par exemple «\u00a0www.exemple.fr\u00a0».")
        super().__init__(required=False, assume_scheme="https", **options)
        self.error_messages["invalid"] = "Écrivez l'adresse d'un site, par exemple «\u00a0www.exemple.fr\u00a0»."


TABLEAUX = ".csv,.txt,.tsv,.xlsx,.xls,.ods,.gz"


class FichierField(forms.FileField):
    """A file that somebody leaves. `accept`: endings proposed by the browser; what the file is, its content tells."""

    def __init__(self, *, accept: str = TABLEAUX, **options):
        options.setdefault("widget", forms.FileInput(attrs={"accept": accept}))
        said = {
            "required": "Choisissez un fichier.",
            "empty": "Ce fichier est vide\u00a0: choisissez-en un autre.",
        } | options.pop("error_messages", {})
        super().__init__(error_messages=said, **options)


class FichierForm(forms.Form):
    """A form with a file, whose page opens the tag itself; the forms that inherit give the field."""

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        self.helper = FormHelper(self)
        self.helper.form_tag = False


PICTURES: dict[str, Any] = {
    "widget": forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    "error_messages": {
        "required": "Choisissez une image sur votre appareil.",
        "empty": "Ce fichier est vide\u00a0: choisissez une autre image.",
    },
}


class PictureForm(forms.ModelForm):
    """One picture with its words. `fichier` is required for a new one, and replaces the former picture otherwise.

    Its clean value is an `images.Prepared`; forms that inherit give the model, which is a `photos.Photo`.
    """

    class Meta:
        fields = ("texte_alternatif", "credit", "legende")
        help_texts = {
            "texte_alternatif": (
                "Ce que l'on voit, pour qui ne voit pas\u00a0: «\u00a0trois salariés taillent une haie\u00a0»."
            ),
            "credit": "Auteur de la photo, avec son accord et celui des personnes reconnaissables.",
        }

    fichier = forms.FileField(
        label="Image",
        help_text="JPEG, PNG ou WebP, 8\u00a0Mo au plus. Lieu et date de prise de vue sont effacés du fichier.",
        **PICTURES,
    )

    field_order = ("fichier", "texte_alternatif", "credit", "legende")

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        if self.instance.pk:
            self.fields["fichier"].required = False
            self.fields["fichier"].label = "Remplacer l'image"

    def clean_fichier(self):
        upload = self.cleaned_data["fichier"]
        return images.prepare(upload) if upload else None

    @property
    def lost_file(self) -> bool:
        """Whether a picture was sent with a page that is shown again: browsers forget it."""
        return self.is_bound and bool(self.errors) and bool(self.files)
