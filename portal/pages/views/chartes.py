"""Charters: who signed, what they committed to, where; read by everybody, kept by the networks."""

from collections import Counter
from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.pages import actions
from portal.pages.forms import CharteForm, SignataireForm
from portal.pages.models import Charte, SignataireCharte
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.enums import NiveauLieu
from structures.lieux import from_parametre
from structures.templatetags.carte import carte
from structures.zones import describe

keepers = role_required(Role.RESEAU, Role.ADMINISTRATION)
MOST_SIGNED = 150  # signatories of one kind shown on one page
PER_PAGE = 100
NATURES = [value for value, _ in SignataireCharte.Nature.choices]


@login_not_required
def list(request):
    """Every charter, the latest first; `ou` keeps those of a place."""
    acteur, on = request.acteur, timezone.localdate()
    lieu = from_parametre(request.GET.get("ou", "").replace("\x00", "")[:40])
    rows = Charte.objects.visible_to(acteur).with_nombre().select_related("organisation", "zone")
    if lieu is not None:
        rows = rows.about_place(lieu)
    page = paginate(rows.order_by("-annee", "-pk"), request)
    zones = describe(row.zone for row in page.rows if row.zone)
    context = {
        "page": page,
        "chartes": [(row, zones.get(row.zone_id, ""), bool(row.fin and row.fin < on.year)) for row in page.rows],
        "lieu": lieu,
        "peut_ecrire": acteur.has(Role.RESEAU, Role.ADMINISTRATION),
    }
    return render(request, "pages/charte_list.html", context)


@login_not_required
def detail(request, pk):
    rows = Charte.objects.visible_to(request.acteur).select_related("organisation", "zone")
    charte, on = get_object_or_404(rows, pk=pk), timezone.localdate()
    signed = sorted(
        charte.signataires.select_related("departement"), key=lambda row: (NATURES.index(row.nature), row.nom, row.pk)
    )
    kinds = [
        (SignataireCharte.Nature(nature).label, len(rows := [*each]), rows[:MOST_SIGNED])
        for nature, each in groupby(signed, key=lambda row: row.nature)
    ]
    counts = Counter(row.departement_id for row in signed if row.departement_id)
    context = {
        "charte": charte,
        "nombre": len(signed),
        "natures": kinds,
        "carte": carte(counts, _territory) if counts else None,
        "sans_lieu": len(signed) - sum(counts.values()),
        "territoire": describe([charte.zone]).get(charte.zone_id, "") if charte.zone else "",
        "finie": bool(charte.fin and charte.fin < on.year),
        "peut_ecrire": Charte.objects.editable_by(request.acteur).filter(pk=pk).exists(),
    }
    return render(request, "pages/charte_detail.html", context)


def _territory(code: str) -> str:
    return reverse("structures:territoire", args=[f"{NiveauLieu.DEPARTEMENT.value}-{code}"])


@keepers
def edit(request, pk=None):
    """Make a charter, or change it."""
    charte = _own(request, pk) if pk else Charte()
    form = CharteForm(request.POST if request.method == "POST" else None, instance=charte)
    if form.is_valid():
        made = pk is None
        saved = actions.save_charter(form=form, by=request.acteur)
        messages.success(request, "La charte est enregistrée.")
        return redirect("pages:charte_signataires", pk=saved.pk) if made else redirect(saved)
    return render(request, "pages/charte_form.html", {"form": form, "charte": charte if pk else None})


@keepers
def signataires(request, pk):
    """The signatories of a charter, and one more."""
    charte = _own(request, pk)
    row = SignataireCharte(charte=charte)
    form = SignataireForm(request.POST if request.method == "POST" else None, instance=row)
    if form.is_valid():
        if charte.signataires.filter(nom=form.cleaned_data["nom"]).exists():
            form.add_error("nom", "Ce signataire est déjà dans la liste.")
        else:
            form.save()
            messages.success(request, f"{row.nom} est ajouté aux signataires.")
            return redirect("pages:charte_signataires", pk=pk)
    page = paginate(charte.signataires.select_related("departement"), request, PER_PAGE)
    return render(request, "pages/charte_signataires.html", {"charte": charte, "form": form, "page": page})


@keepers
@require_POST
def retirer(request, pk, ligne):
    charte = _own(request, pk)
    row = get_object_or_404(charte.signataires, pk=ligne)
    row.delete()
    messages.success(request, f"{row.nom} est retiré des signataires.")
    return redirect("pages:charte_signataires", pk=pk)


def _own(request, pk) -> Charte:
    rows = Charte.objects.editable_by(request.acteur).select_related("organisation", "zone")
    return get_object_or_404(rows, pk=pk)
