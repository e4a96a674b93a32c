"""What is known of a person: handed over, erased; the notice given; the public register of what is done with data."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.serializers.json import DjangoJSONEncoder
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses import actions
from clauses.forms import EffacementForm
from clauses.models import Participant
from clauses.parametres import seuil
from portal.permissions import Role, role_required


@role_required(Role.FACILITATEUR)
def exporter(request, pk):
    """All that is kept under a code, as a file to hand over to the person."""
    person = _person(request, pk)
    actions.consulter(person, "export", by=request.acteur)
    response = JsonResponse(
        actions.tout_ce_qui_est_su(person),
        encoder=DjangoJSONEncoder,
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    response["Content-Disposition"] = f'attachment; filename="{person.code}.json"'
    return response


@role_required(Role.FACILITATEUR)
def effacer(request, pk):
    """Asks first, with the code typed again; then the person is gone, and their hours stay anonymous."""
    person = _person(request, pk)
    form = EffacementForm(request.POST or None, participant=person)
    if form.is_valid():
        actions.effacer(person, motif=form.cleaned_data["motif"], by=request.acteur)
        messages.success(request, "La personne est effacée. Ses heures restent comptées, sans lien avec elle.")
        return redirect("clauses:participants")
    context = {"participant": person, "form": form, "heures": person.affectations.filter(lignes__isnull=False).exists()}
    return render(request, "clauses/participant_effacer.html", context)


@require_POST
@role_required(Role.FACILITATEUR)
def notice_remise(request, pk):
    """The information notice was handed over today."""
    person = _person(request, pk)
    person.notice_remise_le = timezone.localdate()
    person.save(update_fields=["notice_remise_le"])
    messages.success(request, "C'est noté\u00a0: la notice a été remise à la personne aujourd'hui.")
    return redirect(person)


@login_not_required
def registre(request):
    """The register of processing: what is done with data about people, for how long, who sees it."""
    return render(
        request, "clauses/registre_traitements.html", {"mois": seuil("conservation_mois", timezone.localdate())}
    )


def _person(request, pk):
    return get_object_or_404(Participant.objects.editable_by(request.acteur).select_related("facilitateur"), pk=pk)
