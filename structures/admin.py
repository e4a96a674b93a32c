"""Back office: reference data, organisations, structures and who acts for them."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from structures.models import (
    Activite,
    CoEntreprise,
    Commune,
    Departement,
    Epci,
    Fondateur,
    GroupeEconomique,
    Label,
    Membre,
    Organisation,
    Region,
    Reseau,
    Secteur,
    Structure,
)
from structures.search_index import reindex


class ReadOnly(admin.ModelAdmin):
    """Loaded by `import_territoires`, never typed."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Region, Departement)
class PlaceAdmin(ReadOnly):
    list_display = ["code", "nom"]
    search_fields = ["nom_tri", "code"]


@admin.register(Epci)
class EpciAdmin(ReadOnly):
    list_display = ["siren", "nom", "type"]
    search_fields = ["nom_tri", "siren"]


@admin.register(Commune)
class CommuneAdmin(ReadOnly):
    list_display = ["code", "nom", "departement", "population"]
    list_select_related = ["departement"]
    search_fields = ["nom_tri", "code", "codes_postaux", "siren"]


@admin.register(Secteur)
class SecteurAdmin(ReadOnly):
    list_display = ["code", "nom", "parent", "part_main_oeuvre"]
    list_select_related = ["parent"]
    search_fields = ["nom", "code", "synonymes"]


@admin.register(Organisation)
class OrganisationAdmin(SimpleHistoryAdmin):
    list_display = ["nom", "type_identifiant", "identifiant", "identifiant_valide", "code_postal"]
    list_filter = ["type_identifiant", "identifiant_valide", "fictive"]
    search_fields = ["nom_tri", "identifiant"]
    raw_id_fields = ["commune"]

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        reindex(form.instance.structures.values_list("pk", flat=True))


class ActiviteInline(admin.TabularInline):
    model = Activite
    extra = 0
    raw_id_fields = ["zone"]
    autocomplete_fields = ["secteur"]


@admin.register(Structure)
class StructureAdmin(SimpleHistoryAdmin):
    """What is typed here is remembered in `champs_saisis`, so that no import undoes it."""

    list_display = ["nom", "kind", "ville", "departement", "publiee", "source"]
    list_filter = ["kind", "publiee", "fictive"]
    list_select_related = ["departement"]
    search_fields = ["nom_tri", "organisation__identifiant", "identifiant_source"]
    raw_id_fields = ["organisation", "commune", "departement", "remplacee_par"]
    filter_horizontal = ["reseaux"]
    inlines = [ActiviteInline]

    def save_model(self, request, obj, form, change):
        if change:
            obj.champs_saisis = sorted({*obj.champs_saisis, *form.changed_data})
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        reindex([form.instance.pk])


@admin.register(Membre)
class MembreAdmin(admin.ModelAdmin):
    list_display = ["user", "organisation", "role", "actif", "depuis"]
    list_filter = ["role", "actif"]
    list_select_related = ["user", "organisation"]
    search_fields = ["user__email", "organisation__nom_tri", "organisation__identifiant"]
    raw_id_fields = ["user", "organisation"]


@admin.register(Reseau)
class ReseauAdmin(admin.ModelAdmin):
    list_display = ["nom", "slug", "organisation"]
    list_select_related = ["organisation"]
    search_fields = ["nom"]
    prepopulated_fields = {"slug": ["nom"]}
    raw_id_fields = ["organisation"]


@admin.register(GroupeEconomique)
class GroupeEconomiqueAdmin(SimpleHistoryAdmin):
    list_display = ["nom"]
    search_fields = ["nom"]


@admin.register(Label)
class LabelAdmin(ReadOnly):
    list_display = ["code", "nom", "presentation"]
    search_fields = ["nom", "code"]


class FondateurInline(admin.TabularInline):
    model = Fondateur
    extra = 0
    raw_id_fields = ["structure", "organisation"]


@admin.register(CoEntreprise)
class CoEntrepriseAdmin(SimpleHistoryAdmin):
    list_display = ["nom", "creee_en", "structure", "fictive"]
    list_select_related = ["structure"]
    search_fields = ["nom"]
    raw_id_fields = ["structure"]
    inlines = [FondateurInline]
