"""Back office of stories: to look, and to withdraw; writing is done on the portal's own pages."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from portal.pages import actions
from portal.pages.models import ChiffreCle, Photo, Temoignage
from portal.permissions import Acteur


class ReadOnlyInline(admin.TabularInline):
    extra = 0

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ChiffreInline(ReadOnlyInline):
    model = ChiffreCle
    fields = ("libelle", "valeur", "unite", "periode", "source", "origine", "a_verifier")


class PhotoInline(ReadOnlyInline):
    model = Photo
    fields = ("image", "texte_alternatif", "credit")


@admin.register(Temoignage)
class TemoignageAdmin(SimpleHistoryAdmin):
    list_display = ("titre", "auteur", "statut", "audience", "publie_le")
    list_filter = ("statut", "audience")
    search_fields = ("titre",)
    list_select_related = ("auteur",)
    raw_id_fields = ("auteur", "structures", "marches", "lots")
    inlines = (ChiffreInline, PhotoInline)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        actions.reindex([form.instance.pk])

    def delete_model(self, request, obj):
        actions.delete_story(obj, by=Acteur(user=request.user))

    def delete_queryset(self, request, queryset):
        for temoignage in queryset:
            self.delete_model(request, temoignage)
