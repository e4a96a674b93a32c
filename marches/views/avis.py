"""Calls for tenders and notices, open to everyone; their files and their unidentified parties, to those in charge."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Min
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from marches import appels
from marches.actions import avis as actions
from marches.filters import AppelFilter, AvisFilter
from marches.forms.avis import RapprochementForm
from marches.importers.avis import FORMAT
from marches.models import Avis, Marche, PartieARapprocher
from marches.upsert.avis import lus
from portal.models import Importation
from portal.pagination import paginate
from portal.permissions import Role, role_required

ANNULE = "L'import est annulé\u00a0: le registre ne dit plus ce que disait le fichier."
EN_FILE = "L'annulation est en file\u00a0: cette page dira ce qu'il en est advenu."


@login_not_required
def list(request):
    """Calls still open, the nearest deadline first."""
    now = timezone.now()
    open_now = Marche.objects.visible_to(request.acteur).filter(date_limite__gte=now)
    filtre = AppelFilter(request.GET, queryset=open_now)
    page = paginate(filtre.qs.for_cards(), request)
    context = {"filtre": filtre, "page": page, "appels": appels.appels([*page], now)}
    return render(request, "marches/appel_list.html", context)


@login_not_required
def tous(request):
    filtre = AvisFilter(request.GET, queryset=Avis.objects.visible_to(request.acteur))
    page = paginate(filtre.qs.order_by("-publie_le", "-pk"), request)
    context = {"filtre": filtre, "page": page, "maillons": appels.chaine([*page], timezone.now())}
    return render(request, "marches/avis_list.html", context)


@login_not_required
def detail(request, pk):
    rows = Avis.objects.visible_to(request.acteur).select_related("marche", "acheteur__organisation", "modifie")
    avis = get_object_or_404(rows, pk=pk)
    now = timezone.now()
    contents = lus([avis.pk]).get(avis.pk)
    lots = appels.lots_publies(contents, now) if contents else []
    context = {
        "avis": avis,
        "lu": contents,
        "lots": paginate(lots, request),
        "resultats": paginate(contents.resultats if contents else [], request, parameter="attributions"),
        "echeance": appels.echeance(avis.date_limite, now, avis.fuseau, avis.limite_sans_heure),
        "chaine": appels.chaine([*Avis.objects.filter(dossier=avis.dossier).chained()], now, avis),
        "ton": appels.ton(avis),
        "marche": avis.marche if avis.marche and avis.marche.publie else None,
        "parties": avis.parties.en_attente().count(),
        "peut_rapprocher": PartieARapprocher.objects.editable_by(request.acteur).filter(avis=avis).exists(),
    }
    return render(request, "marches/avis_detail.html", context)


# Files ----------------------------------------------------------------------------------------------------------------
@role_required(Role.ADMINISTRATION)
def annuler(request, pk):
    """Asks first, then takes the import back."""
    importation = get_object_or_404(Importation, pk=pk, format=FORMAT)
    if request.method == "POST":
        try:
            done = actions.annuler(importation, by=request.acteur)
        except actions.DejaAnnulee:
            messages.warning(request, "Cet import est déjà annulé, ou n'est pas terminé.")
        else:
            say = messages.success if done else messages.info
            say(request, ANNULE if done else EN_FILE)
        return redirect("pages:importation", pk=importation.pk)
    if not actions.can_be_taken_back(importation):
        messages.warning(request, "Cet import est déjà annulé, ou n'est pas terminé.")
        return redirect("pages:importation", pk=importation.pk)
    number = Avis.objects.filter(sources__importation=importation).distinct().count()
    return render(request, "marches/avis_annuler.html", {"importation": importation, "nombre": number})


# Parties --------------------------------------------------------------------------------------------------------------
@role_required(Role.ACHETEUR, Role.ADMINISTRATION)
def parties(request):
    """One line for each name and town that waits, the most frequent first."""
    waiting = PartieARapprocher.objects.editable_by(request.acteur).en_attente()
    groups = waiting.order_by().values("cle").annotate(nombre=Count("avis", distinct=True), premiere=Min("pk"))
    page = paginate(groups.order_by("-nombre", "cle"), request)
    rows = PartieARapprocher.objects.select_related("avis").in_bulk([group["premiere"] for group in page])
    lignes = [(rows[group["premiere"]], group["nombre"]) for group in page if group["premiere"] in rows]
    return render(request, "marches/partie_list.html", {"page": page, "lignes": lignes})


@role_required(Role.ACHETEUR, Role.ADMINISTRATION)
def partie(request, pk):
    rows = PartieARapprocher.objects.editable_by(request.acteur).select_related("avis", "organisation")
    row = get_object_or_404(rows, pk=pk)
    proposed = appels.propositions(row)
    form = RapprochementForm(request.POST if request.method == "POST" else None, proposees=proposed)
    if form.is_valid():
        organisation = form.organisation(row.nom)
        number = actions.rapprocher(row, organisation, by=request.acteur)
        done = f"rapprochée de {organisation.nom}" if organisation else "laissée en texte"
        messages.success(request, f"«\u00a0{row.nom}\u00a0» est {done} dans {number} avis.")
        return redirect("marches:parties")
    alike = actions.alike(row, request.acteur).select_related("avis")
    context = {
        "partie": row,
        "form": form,
        "proposees": proposed,
        "siren": row.siren or appels.commune_siren(row),
        "memes": alike[:10],
        "nombre": alike.count(),
    }
    return render(request, "marches/partie_detail.html", context)
