"""Yearly OETH figures of a buyer: purchases from EA, EATT and ESAT, what suppliers attested, what may be declared."""

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from marches.actions import achats as actions
from marches.exporters import achats as exporters
from marches.forms.achats import AttestationsForm, PlafondForm
from marches.models import AchatRealise, AttestationOeth
from marches.rules import oeth as rules
from marches.stats.achats import etat_oeth
from portal.permissions import Role, role_required
from portal.tables import csv_response

acheteurs = role_required(Role.ACHETEUR)


def _etat(request):
    """The state of the year asked for, the latest with purchases otherwise, and the years to choose from."""
    achats = AchatRealise.objects.visible_to(request.acteur)
    years = sorted(achats.order_by().values_list("annee", flat=True).distinct(), reverse=True)
    asked = request.GET.get("annee", "")
    latest = years[0] if years else timezone.localdate().year
    annee = next((year for year in years if str(year) == asked), latest)
    return etat_oeth(achats, AttestationOeth.objects.visible_to(request.acteur), annee), years


@acheteurs
def oeth(request):
    etat, years = _etat(request)
    form = AttestationsForm(etat.lignes, request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.noter_attestations(annee=etat.annee, couts=form.couts, by=request.acteur)
        messages.success(request, "Les coûts de main-d'œuvre attestés sont enregistrés.")
        return redirect(f"{reverse('marches:oeth')}?annee={etat.annee}")
    asked = PlafondForm(request.GET if {"contribution", "taux"} & request.GET.keys() else None)
    context = {
        "etat": etat,
        "annees": years,
        "form": form,
        "lignes": [
            (ligne, form[form.name(ligne)] if ligne.eligibilite.is_ok else None) for ligne in etat.lignes
        ],
        "plafond_form": asked,
        "plafond": _ceiling(asked, etat.valeurs),
        "avant": date(etat.annee + 1, *rules.ATTESTATION_AVANT),
        "sources": (rules.SOURCE, rules.SOURCE_ATTESTATION),
    }  # fmt: skip
    if context["plafond"] is not None:
        context["retenu"] = min(context["plafond"], etat.deductible)
    return render(request, "marches/oeth.html", context)


def _ceiling(form, valeurs) -> Decimal | None:
    if valeurs is None or not form.is_valid():
        return None
    contribution, taux = form.cleaned_data["contribution"], form.cleaned_data["taux"]
    if contribution is None or taux is None:
        return None
    return rules.plafond(contribution, taux / 100, valeurs)


@acheteurs
def fiche(request):
    etat, _ = _etat(request)
    return render(request, "marches/oeth_fiche.html", {"etat": etat, "acheteur": request.acteur.organisation})


@acheteurs
def export(request):
    etat, _ = _etat(request)
    return csv_response(f"oeth-{etat.annee}.csv", exporters.OETH, exporters.oeth(etat))
