"""Any result of the directory, as a file."""

from itertools import chain

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from portal.tables import xlsx_response
from structures.exporters import annuaire, data_inclusion
from structures.filters import StructureFilter
from structures.models import Structure
from structures.tasks import keep_lines

NAME = "structures-inclusives"
CSV_TYPE, JSON_TYPE = "text/csv; charset=utf-8", "application/json"
ASKED_KEY, ASKED_SECONDS = "structures:lignes", 600


@login_not_required
def export(request):
    """The whole result of the same query string as the list; `format` is csv (usual), xlsx or json."""
    asked = StructureFilter(request.GET, queryset=Structure.objects.listed())
    found = asked.qs
    if not found.exists() and (corrected := asked.corrected()) is not None:
        found = corrected
    wanted = {
        "contact": annuaire.sees_contact(request.acteur),
        "base": request.build_absolute_uri(reverse("structures:list")),
    }
    format, today = request.GET.get("format", "csv"), timezone.localdate()
    name = f"{NAME}-{today.isoformat()}"
    if format == "json":
        return _streamed(data_inclusion.json_pieces(found, **wanted), f"{name}.json", JSON_TYPE)
    if format == "xlsx":
        if found[annuaire.LARGEST_SHEET : annuaire.LARGEST_SHEET + 1].exists():
            messages.warning(
                request,
                f"Plus de {annuaire.LARGEST_SHEET // 1000} 000 structures\u00a0: c'est trop pour un classeur. "
                "Ajoutez un critère, ou choisissez le format CSV, qui les contient toutes.",
            )
            return redirect(f"{reverse('structures:list')}{asked.url()}")
        rows = annuaire.sheet_rows(found, on=today, **wanted)
        return xlsx_response(f"{name}.xlsx", annuaire.header(wanted["contact"]), rows)
    lines = annuaire.csv_lines(found, on=today, when_stale=_keep_soon, **wanted)
    return _streamed(lines, f"{name}.csv", CSV_TYPE)


def _keep_soon() -> None:
    """Have the worker write the lines that this export had to compute; asked once in ten minutes."""
    if cache.add(ASKED_KEY, True, ASKED_SECONDS):
        keep_lines.enqueue()


def _streamed(pieces, name: str, content_type: str) -> StreamingHttpResponse:
    """A download sent as it is read; what fails at the start is an error page, not a broken file."""
    first = next(pieces, b"")
    response = StreamingHttpResponse(chain([first], pieces), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
