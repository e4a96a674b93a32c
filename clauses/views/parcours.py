"""What happens along the way of a person, each on a page of its own; and what their employer sees."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from clauses import actions
from clauses.actions.participants import update_poste
from clauses.filters import SalarieFilter
from clauses.forms import FormationForm, MatriculeForm, ProlongationForm, TransfertForm
from clauses.models import ActionFormation, Affectation, Eligibilite, Participant
from clauses.querysets import DECLARENTS
from portal.pagination import paginate
from portal.permissions import Role, role_required


@role_required(Role.FACILITATEUR)
def prolonger(request, pk):
    """An eligibility goes on, on a ground that the rules know."""
    people = Participant.objects.editable_by(request.acteur)
    eligibilite = get_object_or_404(
        Eligibilite.objects.filter(participant__in=people).select_related("participant"), pk=pk
    )
    form = ProlongationForm(request.POST or None, initial={"justificatif_vu_le": timezone.localdate()})
    if form.is_valid():
        try:
            actions.prolonger(eligibilite, by=request.acteur, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "L'éligibilité est prolongée.")
            return redirect(eligibilite.participant)
    context = {"titre": "Prolonger l'éligibilité", "bouton": "Prolonger", "eligibilite": eligibilite}
    return _page(request, form, eligibilite.participant, **context)


@role_required(Role.FACILITATEUR)
def transferer(request, pk):
    """The person goes on with another employer."""
    people = Participant.objects.editable_by(request.acteur)
    rows = Affectation.objects.filter(participant__in=people).select_related("participant", "employeur")
    affectation = get_object_or_404(rows, pk=pk)
    initial = {"modalite": affectation.modalite, "contrat": affectation.contrat, "le": timezone.localdate()}
    form = TransfertForm(request.POST or None, initial=initial)
    if form.is_valid():
        data = form.cleaned_data | {"vers": form.cleaned_data["vers"].organisation()}
        try:
            actions.transferer(affectation, by=request.acteur, **data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"La personne poursuit chez {data['vers']}.")
            return redirect(affectation.participant)
    context = {"titre": "Passer chez un autre employeur", "bouton": "Enregistrer le passage"}
    return _page(request, form, affectation.participant, affectation=affectation, **context)


@role_required(Role.FACILITATEUR)
def formation(request, pk, formation_pk=None):
    """A training planned, asked for or followed."""
    person = get_object_or_404(Participant.objects.editable_by(request.acteur), pk=pk)
    row = (
        get_object_or_404(ActionFormation, participant=person, pk=formation_pk)
        if formation_pk
        else ActionFormation(participant=person)
    )
    form = FormationForm(request.POST or None, instance=row)
    if request.method == "POST" and "supprimer" in request.POST and row.pk:
        row.delete()
        messages.success(request, "La formation est retirée.")
        return redirect(person)
    if form.is_valid():
        form.save()
        messages.success(request, "La formation est enregistrée.")
        return redirect(person)
    return _page(
        request,
        form,
        person,
        titre="Formation",
        bouton="Enregistrer",
        retirer="Retirer cette formation" if row.pk else "",
    )


@role_required(*DECLARENTS)
def salaries(request):
    """The people whom the acting organisation employs: their code, their post, and its own payroll number."""
    rows = Affectation.objects.filter(employeur=request.acteur.organisation_id).select_related("participant", "site")
    filtered = SalarieFilter(request.GET, queryset=rows.prefetch_related("participant__competences"))
    page = paginate(filtered.qs.order_by("date_fin", "participant__code", "pk"), request)
    context = {"page": page, "filter": filtered, "on": timezone.localdate(), "toutes": page.count or rows.exists()}
    return render(request, "clauses/salaries.html", context)


@role_required(*DECLARENTS)
def matricule(request, pk):
    """What an employer keeps of an assignment: its own payroll number, for itself, and the team."""
    rows = Affectation.objects.filter(employeur=request.acteur.organisation_id).select_related("participant")
    affectation = get_object_or_404(rows, pk=pk)
    form = MatriculeForm(request.POST or None, instance=affectation)
    if form.is_valid():
        update_poste(form=form, by=request.acteur)
        messages.success(request, f"Ce que vous notez pour {affectation.participant.code} est enregistré.")
        return redirect("clauses:salaries")
    return render(request, "clauses/matricule.html", {"form": form, "affectation": affectation})


def _page(request, form, participant, **context):
    """A form about a person: showing it is a look at them."""
    if request.method == "GET":
        actions.consulter(participant, "parcours", by=request.acteur)
    return render(request, "clauses/parcours_form.html", {"form": form, "participant": participant} | context)
