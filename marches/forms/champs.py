"""What the forms of the register share: groups of fields, French fields, what was typed beside what was read."""

from functools import cached_property
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError

from marches.models import Marche
from portal import etats
from portal.fields import NombreField
from portal.permissions import Acteur
from portal.search import filter_words
from portal.siret import clean as clean_number
from portal.text import stems
from structures.enums import NiveauLieu
from structures.fournisseurs import lire
from structures.lieux import Lieu, of_commune, resolve

LARGEST_AMOUNT = "999999999999.99"
FIRST_YEAR, LAST_YEAR = 1990, 2100
MOST_HOLDERS = 60
MOST_PROPOSED = 5


def day_field(**options: Any) -> forms.DateField:
    """A day, between years that a contract may have."""
    options.setdefault("required", False)
    options["widget"] = forms.DateInput(
        format="%Y-%m-%d", attrs={"type": "date", "min": f"{FIRST_YEAR}-01-01", "max": f"{LAST_YEAR}-12-31"}
    )
    options.setdefault("error_messages", {})
    options["error_messages"] = {"invalid": "Écrivez une date, par exemple 31/12/2026."} | options["error_messages"]
    return forms.DateField(validators=[plausible_day], **options)


def plausible_day(day: Any) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(f"L'année doit être comprise entre {FIRST_YEAR} et {LAST_YEAR}.")


def amount_field(label: str, help_text: str = "", **options: Any) -> NombreField:
    return NombreField(label=label, help_text=help_text, required=False, maximum=LARGEST_AMOUNT, **options)


def whole_field(label: str, least: int, most: int, help_text: str = "", **options: Any) -> forms.IntegerField:
    """A whole number between bounds, typed in a text field: browsers change numbers when one scrolls."""
    options.setdefault("required", False)
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": "Écrivez un nombre entier.",
            "min_value": f"Écrivez {least} ou plus.",
            "max_value": f"Écrivez {most} au plus.",
        },
        **options,
    )


class FicheForm(forms.ModelForm):
    """Columns of one row. `groupes`: (legend, rows), a row being one field or several side by side."""

    groupes: tuple[tuple[str, tuple], ...] = ()

    def __init__(self, *args, noms: tuple[str, ...] | None = None, **given):
        super().__init__(*args, **given)
        if noms is not None:
            for name in [name for name in self.fields if name not in noms]:
                del self.fields[name]

    @cached_property
    def helper(self) -> FormHelper:
        """Made when the page is, once every form has taken out the fields it does not ask."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.layout = Layout(*self._groups())
        return helper

    def _groups(self):
        for legend, rows in self.groupes:
            kept = [row for row in (self._row(row) for row in rows) if row is not None]
            if kept:
                yield Fieldset(legend, *kept)

    def _row(self, row):
        names = [name for name in ((row,) if isinstance(row, str) else row) if name in self.fields]
        if not names:
            return None
        return names[0] if isinstance(row, str) else Div(*names, css_class="field-row")

    def _post_clean(self):
        """Nothing is written on the row here: the action compares it with what was typed, then writes."""

    @property
    def values(self) -> dict[str, Any]:
        """The columns to write."""
        return {name: self.cleaned_data[name] for name in self._meta.fields if name in self.fields}

    @property
    def typed(self) -> dict[str, Any]:
        """What is about to be written, in the shape of `etats.etat`."""
        return {name: etats.plain(value) for name, value in self.values.items()}


def merged(form: FicheForm, fresh: FicheForm, seen: dict, now: dict):
    """What was typed, as data for a new form; fields left as they were read take the value they now have."""
    data, typed = form.data.copy(), form.typed
    for name in typed:
        if name in fresh.fields and typed[name] == seen.get(name) and now.get(name) != seen.get(name):
            value = fresh.fields[name].widget.format_value(fresh[name].value())
            data[fresh.add_prefix(name)] = value[0] if isinstance(value, list) and value else value or ""
    return data


# Fields ---------------------------------------------------------------------------------------------------------------
class LieuField(forms.CharField):
    """One place in words: a commune, a département, a region or a postcode."""

    def __init__(self, **options):
        options.setdefault("required", False)
        options.setdefault("max_length", 100)
        super().__init__(**options)

    def clean(self, value) -> Lieu | None:
        text = super().clean(value).strip()
        if not text:
            return None
        found = resolve(text)
        if found.lieu is None:
            raise ValidationError("Lieu inconnu\u00a0: vérifiez son nom, ou donnez son code postal.")
        alike = [lieu for lieu in found.candidats if lieu.niveau == NiveauLieu.COMMUNE and lieu.nom == found.lieu.nom]
        if found.lieu.niveau == NiveauLieu.COMMUNE and len(alike) > 1:
            names = " ou ".join(f"«\u00a0{lieu.libelle}\u00a0»" for lieu in alike[:4])
            raise ValidationError(f"Plusieurs communes portent ce nom\u00a0: écrivez {names}.")
        return found.lieu

    def prepare_value(self, value):
        return value.libelle if isinstance(value, Lieu) else value


def place_of(commune) -> str:
    """A commune as `LieuField` reads it back."""
    return of_commune(commune).libelle if commune else ""


class SiretsField(forms.CharField):
    """Bodies by SIRET, one a line; after the number, the name of a body that is not known yet.

    Its clean value is a list of (SIRET, name or ""), in order, each once.
    """

    def __init__(self, *, most: int = MOST_HOLDERS, **options):
        self.most = most
        options.setdefault("required", False)
        options.setdefault("max_length", 20_000)
        options.setdefault("widget", forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}))
        super().__init__(**options)

    def clean(self, value) -> list[tuple[str, str]]:
        text = super().clean(value)
        found: dict[str, str] = {}
        problems = []
        for line in filter(None, (line.strip() for line in text.splitlines())):
            number, name = _number_and_name(line)
            siret, fault = lire(number)
            if not fault and len(siret) != 14:
                fault = "Un SIREN ne dit pas quel établissement\u00a0: donnez les 14 chiffres du SIRET."
            if fault:
                problems.append(f"«\u00a0{line[:60]}\u00a0»\u00a0: {fault}")
            else:
                found.setdefault(siret, name[:250])
        if problems:
            raise ValidationError(problems[:10])
        if len(found) > self.most:
            raise ValidationError(f"{self.most} au plus\u00a0: vous en avez donné {len(found)}.")
        return list(found.items())


def _number_and_name(line: str) -> tuple[str, str]:
    """« 123 456 789 00011 Ateliers » → its digits, then what follows."""
    end = 0
    for place, char in enumerate(line):
        if char.isdigit():
            end = place + 1
        elif char not in "  \u202f.-":
            break
    if len(clean_number(line[:end])) > 14:  # digits that open the name
        return line, ""
    return line[:end] or line, line[end:].strip(" ,;:–-\t")


class MarcheField(forms.CharField):
    """One of the contracts of `queryset`: its reference, words of its title, or the address of its page."""

    def __init__(self, *, queryset=None, **options):
        self.queryset = Marche.objects.none() if queryset is None else queryset
        options.setdefault("required", False)
        options.setdefault("max_length", 300)
        options.setdefault("help_text", "Sa référence, des mots de son titre, ou l'adresse de sa page.")
        super().__init__(**options)

    def clean(self, value) -> Marche | None:
        text = super().clean(value).strip()
        if not text:
            return None
        found = list(self._matching(text)[: MOST_PROPOSED + 1])
        if not found:
            raise ValidationError("Aucun marché ne correspond\u00a0: donnez sa référence ou l'adresse de sa page.")
        if len(found) > 1:
            names = "\u00a0; ".join(written(marche) for marche in found[:MOST_PROPOSED])
            more = "\u00a0; …" if len(found) > MOST_PROPOSED else ""
            raise ValidationError(f"Plusieurs marchés correspondent, recopiez l'un d'eux\u00a0: {names}{more}")
        return found[0]

    def _matching(self, text: str):
        rows = self.queryset.select_related("acheteur__organisation").defer("racines", "presentation")
        head = text.rpartition("/marches/")[2].strip("/").partition(" ")[0].partition("–")[0].strip()
        if head.isascii() and head.isdecimal() and len(head) < 19:
            by_key = rows.filter(pk=int(head))
            if by_key.exists():
                return by_key
        by_reference = rows.filter(reference__iexact=text).order_by("-recence", "-pk")
        if by_reference.exists():
            return by_reference
        wanted = stems(text)
        if not wanted:
            return rows.none()
        return filter_words(rows, text).order_by("-recence", "-pk")

    def prepare_value(self, value):
        if isinstance(value, int):
            value = self.queryset.filter(pk=value).first()
        return written(value) if isinstance(value, Marche) else value


def written(marche: Marche) -> str:
    """A contract as `MarcheField` reads it back."""
    reference = f" – {marche.reference}" if marche.reference else ""
    return f"{marche.pk}{reference} – {marche.objet[:80]}"


def contracts_of(acteur: Acteur, marche: Marche):
    """The other contracts of the same buyer, among those that one may edit."""
    siren = marche.acheteur.organisation.siren
    rows = Marche.objects.editable_by(acteur).exclude(pk=marche.pk)
    if siren:
        return rows.filter(acheteur__organisation__siren=siren)
    return rows.filter(acheteur=marche.acheteur_id)
