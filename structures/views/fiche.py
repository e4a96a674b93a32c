"""The card of a structure, open to everyone."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from portal.permissions import Role
from structures import rules
from structures.actions import echanges
from structures.exporters.vcard import vcard as write_vcard
from structures.models import Structure
from structures.presentation import fiche as presentation
from structures.search_index import completude_de


@login_not_required
def detail(request, pk, slug):
    structure = presentation.card(pk, request.acteur)
    if structure is None:
        raise Http404("Cette fiche n'existe pas ou n'est pas publiée.")
    if structure.remplacee_par:
        return redirect(structure.remplacee_par, permanent=True)
    if slug != structure.slug:
        return redirect(structure, permanent=True)
    editable = _is_editable(structure, request.acteur)
    writes = request.acteur.has(Role.ACHETEUR, Role.ENTREPRISE, Role.FACILITATEUR)
    today = timezone.localdate()
    context = {
        "structure": structure,
        "aujourd_hui": today,
        "fiche": presentation.fiche_vue(structure, today, settings.SEUIL_DEPENDANCE),
        "presentation": rules.PRESENTATIONS[structure.kind],
        "editable": editable,
        "completude": completude_de(structure) if editable else None,
        "membre": request.acteur.organisation_id == structure.organisation_id and editable,
        "peut_ecrire": writes,
        "obstacle": bool(writes and echanges.obstacles(request.acteur, [structure])),
    }
    return render(request, "structures/structure_detail.html", context)


def _is_editable(structure, acteur) -> bool:
    if not acteur.has(Role.STRUCTURE, Role.RESEAU, Role.ADMINISTRATION):
        return False
    return Structure.objects.editable_by(acteur).filter(pk=structure.pk).exists()


@login_not_required
def vcard(request, pk):
    """The public contact alone, for an address book."""
    structure = get_object_or_404(Structure.objects.visible_to(request.acteur).filter(remplacee_par=None), pk=pk)
    content = write_vcard(structure, request.build_absolute_uri(structure.get_absolute_url()))
    response = HttpResponse(content, content_type="text/vcard; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{structure.slug}.vcf"'
    return response
