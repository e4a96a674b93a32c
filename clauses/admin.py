"""Back office of this floor. People are shown by code and dates alone, and never changed here."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from clauses.models import ClauseSociale, Facilitateur, Participant, Relais


@admin.register(Facilitateur)
class FacilitateurAdmin(admin.ModelAdmin):
    list_display = ["organisation", "prefixe", "courriel", "guichet_unique"]
    raw_id_fields = ["organisation", "zone"]
    search_fields = ["organisation__denomination", "prefixe"]


@admin.register(Relais)
class RelaisAdmin(admin.ModelAdmin):
    """Where to turn without a facilitator; private experts are shown apart on the page."""

    list_display = ["nom", "genre", "courriel", "publie"]
    list_filter = ["genre", "publie"]
    raw_id_fields = ["organisation", "zone"]
    search_fields = ["nom"]


@admin.register(ClauseSociale)
class ClauseSocialeAdmin(SimpleHistoryAdmin):
    list_display = ["lot", "type", "facilitateur", "date_debut", "date_fin"]
    list_select_related = ["lot", "facilitateur__organisation"]
    raw_id_fields = ["lot", "facilitateur"]
    search_fields = ["lot__objet"]


@admin.register(Participant)
class ParticipantAdmin(admin.ModelAdmin):
    """Technical access: the code, its body and the day of entry, nothing sensitive, nothing to change."""

    list_display = ["code", "facilitateur", "entree_le"]
    list_select_related = ["facilitateur__organisation"]
    fields = ["code", "facilitateur", "entree_le"]
    readonly_fields = ["code", "facilitateur", "entree_le"]
    search_fields = ["code"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
