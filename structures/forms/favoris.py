"""Favourite lists: their name, what is added to them, the notes."""

from django import forms
from django.core.exceptions import ValidationError

from structures.models import Favori, ListeFavoris

MOST_LISTS = 100  # of one organisation
MOST_STRUCTURES = 500  # in one list
NAME_NEEDED = "Donnez un nom à la liste."
TOO_MANY_LISTS = f"Votre organisation a déjà {MOST_LISTS} listes\u00a0: supprimez-en une avant d'en créer une autre."


class ListeForm(forms.ModelForm):
    class Meta:
        model = ListeFavoris
        fields = ["nom", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"nom": "Par exemple\u00a0: Entretien des espaces verts 2027."}
        error_messages = {"nom": {"required": NAME_NEEDED}}

    def clean_nom(self):
        nom = " ".join(self.cleaned_data["nom"].split())
        same_name = ListeFavoris.objects.filter(organisation=self.instance.organisation, nom__iexact=nom)
        if same_name.exclude(pk=self.instance.pk).exists():
            raise ValidationError("Votre organisation a déjà une liste de ce nom.")
        return nom

    def clean(self):
        others = ListeFavoris.objects.filter(organisation=self.instance.organisation)
        if self.instance.pk is None and others.count() >= MOST_LISTS:
            raise ValidationError(TOO_MANY_LISTS)
        return self.cleaned_data


class AjoutForm(forms.Form):
    """Where to put a structure: a list there is, or a new one; the name typed wins."""

    liste = forms.ModelChoiceField(
        ListeFavoris.objects.none(),
        label="Liste",
        required=False,
        empty_label="Choisir une liste",
        error_messages={"invalid_choice": "Cette liste n'existe plus\u00a0: choisissez-en une autre."},
    )
    nouvelle = forms.CharField(label="Ou une nouvelle liste", max_length=100, required=False)

    def __init__(self, *args, acteur, **options):
        super().__init__(*args, **options)
        self.acteur = acteur
        self.fields["liste"].queryset = ListeFavoris.objects.visible_to(acteur)

    def clean(self):
        given = super().clean() or {}
        liste, nouvelle = given.get("liste"), " ".join((given.get("nouvelle") or "").split())
        if self.errors:
            return given
        if not liste and not nouvelle:
            raise ValidationError("Choisissez une liste, ou écrivez le nom d'une nouvelle.")
        mine = ListeFavoris.objects.visible_to(self.acteur)
        if nouvelle:
            liste = mine.filter(nom__iexact=nouvelle).first()
            if liste is None and mine.count() >= MOST_LISTS:
                raise ValidationError(TOO_MANY_LISTS)
        if liste and liste.favoris.count() >= MOST_STRUCTURES:
            raise ValidationError(f"Cette liste contient déjà {MOST_STRUCTURES} structures\u00a0: ouvrez-en une autre.")
        return {**given, "liste": liste, "nouvelle": nouvelle}

    def messages(self) -> list[str]:
        return [message for messages in self.errors.values() for message in messages]


class NoteForm(forms.ModelForm):
    class Meta:
        model = Favori
        fields = ["note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"note": "Lue par tous les membres de votre organisation, et par eux seuls."}
