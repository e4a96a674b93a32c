"""Back office of the register: look, correct what the pages do not show."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from marches.models import (
    Acheteur,
    Alliance,
    Groupement,
    Lot,
    Marche,
    MembreAlliance,
    MembreGroupement,
    SourceLot,
    Titulaire,
)  # fmt: skip
from marches.upsert import refresh_holders, reindex


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


def _bodies(parts) -> set[int]:
    """Organisations of these rows: their structures are to be told what they hold."""
    return set(parts.values_list("organisation", flat=True))


class HolderAdmin(SimpleHistoryAdmin):
    """What is written here of holders and members is told to the directory, which filters on it."""

    def bodies_of(self, rows) -> set[int]:
        raise NotImplementedError

    def save_model(self, request, obj, form, change):
        form.bodies_before = self.bodies_of([obj]) if change else set()
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        refresh_holders(form.bodies_before | self.bodies_of([form.instance]))

    def delete_model(self, request, obj):
        bodies = self.bodies_of([obj])
        super().delete_model(request, obj)
        refresh_holders(bodies)

    def delete_queryset(self, request, queryset):
        bodies = self.bodies_of(list(queryset))
        super().delete_queryset(request, queryset)
        refresh_holders(bodies)


def _bodies_of_lots(lots) -> set[int]:
    groups = MembreGroupement.objects.filter(groupement__lot__in=lots)
    return _bodies(Titulaire.objects.filter(lot__in=lots)) | _bodies(groups)


@admin.register(Marche)
class MarcheAdmin(TypedAdmin, HolderAdmin):
    list_display = ["objet", "acheteur", "nature", "recence"]
    list_filter = ["nature", "type"]
    list_select_related = ["acheteur__organisation"]
    search_fields = ["objet", "reference"]
    raw_id_fields = ["acheteur", "predecesseur", "operation_mere"]

    def bodies_of(self, rows) -> set[int]:
        """Those of its lots, which go with it."""
        return _bodies_of_lots(Lot.objects.filter(marche__in=rows))

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        reindex([form.instance.pk])


class TitulaireInline(admin.TabularInline):
    model = Titulaire
    raw_id_fields = ["organisation"]
    extra = 0


@admin.register(Lot)
class LotAdmin(TypedAdmin, HolderAdmin):
    list_display = ["objet", "numero", "marche", "reservation", "date_notification"]
    list_filter = ["reservation", "clause_sociale"]
    list_select_related = ["marche"]
    search_fields = ["objet", "identifiant"]
    raw_id_fields = ["marche", "secteur", "commune", "departement"]
    inlines = [TitulaireInline]

    def bodies_of(self, rows) -> set[int]:
        return _bodies_of_lots(rows)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        reindex({form.instance.marche_id, form.initial.get("marche") or form.instance.marche_id})

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        reindex([obj.marche_id])

    def delete_queryset(self, request, queryset):
        contracts = set(queryset.values_list("marche", flat=True))
        super().delete_queryset(request, queryset)
        reindex(contracts)


class MembreInline(admin.TabularInline):
    model = MembreGroupement
    raw_id_fields = ["organisation", "structure"]
    extra = 0


@admin.register(Groupement)
class GroupementAdmin(HolderAdmin):
    list_display = ["__str__", "lot", "forme", "retenu"]
    list_select_related = ["lot"]
    raw_id_fields = ["lot"]
    inlines = [MembreInline]

    def bodies_of(self, rows) -> set[int]:
        return _bodies(MembreGroupement.objects.filter(groupement__in=rows))


class MembreAllianceInline(admin.TabularInline):
    model = MembreAlliance
    raw_id_fields = ["structure"]
    extra = 0


@admin.register(Alliance)
class AllianceAdmin(SimpleHistoryAdmin):
    list_display = ["nom", "depuis", "publiee", "fictive"]
    list_filter = ["publiee", "fictive"]
    search_fields = ["nom"]
    raw_id_fields = ["zone"]
    filter_horizontal = ["secteurs"]
    inlines = [MembreAllianceInline]


@admin.register(SourceLot)
class SourceLotAdmin(admin.ModelAdmin):
    list_display = ["lot", "format", "publie_le", "importation"]
    list_select_related = ["lot", "importation"]
    raw_id_fields = ["lot", "importation"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
