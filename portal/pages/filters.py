"""The query string of the list of stories."""

import django_filters
from django import forms

from portal.pages.models import Temoignage
from structures.enums import Kind
from structures.models import Departement, Organisation, Secteur


class TemoignageFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label="Mots", method="by_words", max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    type = django_filters.ChoiceFilter(
        label="Type de structure", choices=Kind.choices, method="by_kind", empty_label="Tous les types"
    )
    secteur = django_filters.ModelChoiceFilter(
        label="Secteur",
        queryset=Secteur.objects.filter(parent=None).defer("racines", "synonymes"),
        method="by_secteur",
        empty_label="Tous les secteurs",
    )
    departement = django_filters.ModelChoiceFilter(
        label="Département",
        queryset=Departement.objects.all(),
        method="by_departement",
        empty_label="Toute la France",
    )
    reseau = django_filters.ModelChoiceFilter(
        label="Publié par",
        queryset=Organisation.objects.none(),
        field_name="auteur",
        empty_label="Tous les réseaux",
    )

    class Meta:
        model = Temoignage
        fields = ()

    def __init__(self, *args, **given):
        super().__init__(*args, **given)
        authors = Temoignage.objects.published().order_by().values("auteur")
        self.filters["reseau"].queryset = Organisation.objects.filter(pk__in=authors)

    def by_words(self, stories, name, value):
        return stories.search(value)

    def by_kind(self, stories, name, value):
        return stories.about_kind(value)

    def by_secteur(self, stories, name, value):
        return stories.about_secteur(value)

    def by_departement(self, stories, name, value):
        return stories.about_departement(value)
