"""Attestations of hours: given by the facilitator, fetched by the company, read by the buyer, checked by anybody."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from clauses.actions import attestations as actions
from clauses.forms.attestations import AnnulerForm, AttestationForm, CodeForm
from clauses.lettres import attestation as letter
from clauses.models import Attestation, Facilitateur
from clauses.rules import dernier_du_mois
from clauses.stats import attestations as stats
from clauses.views.bilans import LECTEURS
from portal.pagination import paginate
from portal.pdf import pdf_response
from portal.permissions import Role, role_required
from structures.models import Organisation


@role_required(*LECTEURS)
def attestations(request):
    rows = Attestation.objects.visible_to(request.acteur).select_related("facilitateur__organisation", "organisation")
    return render(request, "clauses/attestation_list.html", {"page": paginate(rows.defer("chiffres"), request)})


@role_required(Role.FACILITATEUR)
def nouvelle(request):
    """Choose and look (GET), then give (POST): the figures shown are those of the moment they are given."""
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur))
    given = request.POST if request.method == "POST" else request.GET
    form = AttestationForm(given or None, organisations=stats.attestables(facilitateur))
    figures, period = None, None
    if form.is_valid():
        organisation = form.cleaned_data["organisation"]
        period = form.cleaned_data["du"], dernier_du_mois(form.cleaned_data["au"])
        if request.method == "POST":
            try:
                row = actions.delivrer(
                    facilitateur, organisation, *period, on=timezone.localdate(), by=request.acteur
                )  # fmt: skip
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"L'attestation {row.numero} est délivrée, l'entreprise est prévenue.")
                return redirect(row)
        figures = stats.chiffres(facilitateur, organisation, *period)
    context = {"form": form, "figures": figures, "periode": period, "lignes": _lines(figures) if figures else []}
    return render(request, "clauses/attestation_form.html", context)


@role_required(*LECTEURS)
def attestation(request, pk):
    return _page(request, _found(request, pk))


@role_required(*LECTEURS)
def pdf(request, pk):
    row = _found(request, pk)
    figures, part = _read(request, row)
    address = request.build_absolute_uri(reverse("clauses:attestation_verifier"))
    return pdf_response(letter(row, figures, part=part, adresse=address), f"attestation-{row.numero}")


@require_POST
@role_required(Role.FACILITATEUR)
def annuler(request, pk):
    row = get_object_or_404(Attestation.objects.editable_by(request.acteur), pk=pk)
    form = AnnulerForm(request.POST)
    if form.is_valid():
        try:
            actions.annuler(row, form.cleaned_data["motif"], by=request.acteur)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, f"L'attestation {row.numero} est annulée, l'entreprise est prévenue.")
        return redirect(row)
    return _page(request, _found(request, pk), form)


@require_GET
@login_not_required
def verifier(request):
    """Anybody who holds a code: whether the paper is genuine, what it says, no person in it."""
    form = CodeForm(request.GET or None)
    found, unknown = None, False
    if form.is_valid():
        rows = Attestation.objects.select_related("facilitateur__organisation", "organisation")
        found = rows.filter(code=form.cleaned_data["code"]).first()
        unknown = found is None
    context = {"form": form, "attestation": found, "inconnue": unknown}
    return render(request, "clauses/attestation_verifier.html", context, status=404 if unknown else 200)


# Inside ---------------------------------------------------------------------------------------------------------------
def _found(request, pk):
    rows = Attestation.objects.visible_to(request.acteur)
    return get_object_or_404(rows.select_related("facilitateur__organisation", "organisation"), pk=pk)


def _read(request, row):
    """The figures this reader may know, and whether they are a part of the whole: a buyer reads its contracts alone."""
    if not request.acteur.has(Role.ACHETEUR):
        return row.chiffres, False
    own = request.acteur.organisation
    mine = {own.pk}
    if own.siren:
        mine |= set(Organisation.objects.filter(siren=own.siren).values_list("pk", flat=True))
    return stats.extrait(row.chiffres, mine), True


def _page(request, row, form=None):
    figures, part = _read(request, row)
    context = {
        "attestation": row,
        "figures": figures,
        "lignes": _lines(figures),
        "extrait": part,
        "verifier_url": request.build_absolute_uri(f"{reverse('clauses:attestation_verifier')}?code={row.code}"),
        "form": (form or AnnulerForm())
        if request.acteur.has(Role.FACILITATEUR) and row.annulee_le is None
        else None,
    }  # fmt: skip
    return render(request, "clauses/attestation_detail.html", context)


def _lines(figures) -> list[dict]:
    names = ("acheteur", "marche", "lot", "qualite", "heures", "formation", "personnes")
    rows = [dict(zip(names, line[1:], strict=True)) for line in figures.get("lignes", [])]
    return [row | {"qualite": stats.ROLES.get(row["qualite"], row["qualite"])} for row in rows]
