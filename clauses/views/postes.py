"""Open posts of a clause, and the list of services to which a facilitator sends them."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses.actions import postes as actions
from clauses.forms.suivi import PosteForm, PourvusForm, PrescripteurForm
from clauses.models import ClauseSociale, Facilitateur, Poste, Prescripteur
from clauses.notifications.postes import receivers
from portal.permissions import Role, role_required
from portal.templatetags.formats import pluriel


@role_required(Role.FACILITATEUR)
def creer(request, pk):
    clauses = ClauseSociale.objects.editable_by(request.acteur).for_cards()
    clause = get_object_or_404(clauses, pk=pk)
    form = PosteForm(request.POST or None, clause=clause)
    if form.is_valid():
        form.instance.clause = clause
        poste = form.save()
        messages.success(request, "Le poste est enregistré. Diffusez-le quand il est prêt.")
        return redirect("clauses:poste", pk=poste.pk)
    context = {"form": form, "clause": clause, "titre": "Ouvrir un poste", "bouton": "Enregistrer le poste"}
    return render(request, "clauses/suivi_form.html", context)


@role_required(Role.FACILITATEUR)
def poste(request, pk):
    """A post: its facts, sending it, how many are filled."""
    found = _poste(request, pk)
    form = PourvusForm(request.POST or None, initial={"pourvus": found.pourvus}, maximum=found.nombre)
    if form.is_valid():
        actions.pourvoir(found, pourvus=form.cleaned_data["pourvus"], on=timezone.localdate())
        messages.success(request, "Le poste est à jour.")
        return redirect("clauses:poste", pk=pk)
    reached = receivers(found)
    services = found.clause.facilitateur.prescripteurs.filter(actif=True).values_list("courriel", flat=True)
    context = {"poste": found, "form": form, "envoyes": len(reached)}
    context["a_prevenir"] = sum(courriel.lower() not in reached for courriel in services)
    return render(request, "clauses/poste_detail.html", context)


@require_POST
@role_required(Role.FACILITATEUR)
def diffuser(request, pk):
    try:
        count = actions.diffuser(_poste(request, pk), on=timezone.localdate())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        told = pluriel(count, "service de votre liste,services de votre liste")
        done = f"Le poste est envoyé à {told}." if count else "Les services de votre liste l'ont déjà reçu."
        messages.success(request, done)
    return redirect("clauses:poste", pk=pk)


@require_POST
@role_required(Role.FACILITATEUR)
def clore(request, pk):
    actions.clore(_poste(request, pk), on=timezone.localdate())
    messages.success(request, "Le poste est clos.")
    return redirect("clauses:poste", pk=pk)


@role_required(Role.FACILITATEUR)
def prescripteurs(request):
    """The list of services, with the form to add one."""
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur))
    form = PrescripteurForm(request.POST or None, facilitateur=facilitateur)
    if form.is_valid():
        form.instance.facilitateur = facilitateur
        form.save()
        messages.success(request, "Le service est ajouté.")
        return redirect("clauses:prescripteurs")
    context = {"form": form, "prescripteurs": facilitateur.prescripteurs.all()}
    return render(request, "clauses/prescripteur_list.html", context)


@require_POST
@role_required(Role.FACILITATEUR)
def prescripteur_bascule(request, pk):
    """Stop sending posts to a service, or start again."""
    rows = Prescripteur.objects.filter(facilitateur__organisation=request.acteur.organisation_id)
    found = get_object_or_404(rows, pk=pk)
    found.actif = not found.actif
    found.save(update_fields=["actif"])
    return redirect("clauses:prescripteurs")


def _poste(request, pk):
    followed = ClauseSociale.objects.editable_by(request.acteur)
    rows = Poste.objects.filter(clause__in=followed.values("pk"))
    return get_object_or_404(rows.select_related("clause__lot", "clause__facilitateur", "employeur", "site"), pk=pk)
