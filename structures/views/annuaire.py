"""The pages of the directory, open to everyone."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from portal.pagination import paginate
from structures import rules, stats, zones
from structures.directory import answers
from structures.filters import StructureFilter
from structures.models import Structure
from structures.templatetags.carte import carte
from structures.upsert import SOURCES


@login_not_required
def list(request):
    annuaire = StructureFilter(request.GET, queryset=Structure.objects.listed())
    found = annuaire.qs
    count = found.count()
    if not count and (corrected := annuaire.corrected()) is not None:
        found, count = corrected, corrected.count()
    context = {"annuaire": annuaire, "count": count, "as_map": request.GET.get("vue") == "carte"}
    if context["as_map"]:
        counts = stats.by_departement_cached(found, annuaire.url())
        context["carte"] = carte(counts, lambda code: annuaire.url(ou=code, rayon=None, vue=None))
    else:
        context["page"] = page = paginate(found.for_cards(), request, count=count)
        context["reponses"] = answers(page, annuaire.question)
    template = "structures/_resultats.html" if request.htmx else "structures/structure_list.html"
    return render(request, template, context)


@login_not_required
def detail(request, pk, slug):
    reachable = Structure.objects.visible_to(request.acteur) | Structure.objects.exclude(remplacee_par=None)
    structure = get_object_or_404(reachable.for_detail(), pk=pk)
    if structure.remplacee_par:
        return redirect(structure.remplacee_par, permanent=True)
    if slug != structure.slug:
        return redirect(structure, permanent=True)
    activites = structure.activites.select_related("secteur__parent", "zone").order_by("secteur__ordre", "mode")
    places = zones.describe(activite.zone for activite in activites if activite.zone)
    context = {
        "structure": structure,
        "activites": [(activite, places.get(activite.zone_id, "")) for activite in activites],
        "presentation": rules.PRESENTATIONS[structure.kind],
        "convention": rules.convention_state(
            structure.convention_debut, structure.convention_fin, timezone.localdate()
        ),
        "departements": zones.names_of(
            ("departement", code) for code in structure.departements_convention.split()
        ).values(),
        "sources": [
            (SOURCES.get(format, format), publie_le)
            for format, publie_le in structure.sources.order_by("-publie_le", "format")
            .values_list("format", "publie_le")
            .distinct()
        ],
    }
    return render(request, "structures/structure_detail.html", context)
