"""Back office of the register: look, correct what the pages do not show."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from marches.models import Acheteur, Groupement, Lot, Marche, MembreGroupement, SourceLot, Titulaire


@admin.register(Acheteur)
class AcheteurAdmin(admin.ModelAdmin):
    list_display = ["organisation", "genre", "achats_annuels"]
    list_filter = ["genre"]
    list_select_related = ["organisation"]
    search_fields = ["organisation__nom_tri", "organisation__identifiant"]
    raw_id_fields = ["organisation"]


class TypedAdmin(SimpleHistoryAdmin):
    """What is changed here is typed by a person: imports leave it alone from then on."""

    def save_model(self, request, obj, form, change):
        obj.champs_saisis = sorted({*obj.champs_saisis, *form.changed_data})
        super().save_model(request, obj, form, change)


@admin.register(Marche)
class MarcheAdmin(TypedAdmin):
    list_display = ["objet", "acheteur", "nature", "recence"]
    list_filter = ["nature", "type"]
    list_select_related = ["acheteur__organisation"]
    search_fields = ["objet", "reference"]
    raw_id_fields = ["acheteur", "predecesseur", "operation_mere"]


class TitulaireInline(admin.TabularInline):
    model = Titulaire
    raw_id_fields = ["organisation"]
    extra = 0


@admin.register(Lot)
class LotAdmin(TypedAdmin):
    list_display = ["objet", "numero", "marche", "reservation", "date_notification"]
    list_filter = ["reservation", "clause_sociale"]
    list_select_related = ["marche"]
    search_fields = ["objet", "identifiant"]
    raw_id_fields = ["marche", "secteur", "commune", "departement"]
    inlines = [TitulaireInline]


class MembreInline(admin.TabularInline):
    model = MembreGroupement
    raw_id_fields = ["organisation", "structure"]
    extra = 0


@admin.register(Groupement)
class GroupementAdmin(SimpleHistoryAdmin):
    list_display = ["__str__", "lot", "forme", "retenu"]
    list_select_related = ["lot"]
    raw_id_fields = ["lot"]
    inlines = [MembreInline]


@admin.register(SourceLot)
class SourceLotAdmin(admin.ModelAdmin):
    list_display = ["lot", "format", "publie_le", "importation"]
    list_select_related = ["lot", "importation"]
    raw_id_fields = ["lot", "importation"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
