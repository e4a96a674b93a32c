"""People, by code alone: for the facilitator of their body and nobody else."""

from dataclasses import replace
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses import actions, parametres, rules
from clauses.enums import Etat, StatutFormation
from clauses.filters import ParticipantFilter
from clauses.forms import AffectationForm, EligibiliteForm, ParticipantForm, ProfilForm
from clauses.models import Affectation, ClauseSociale, Facilitateur, Imputation, Participant
from clauses.stats.prets import compteurs
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.enums import TypeIdentifiant
from structures.models import Organisation

SHOWN_LOOKS = 10
SUGGESTED = 100  # employers proposed while a SIRET is typed


@role_required(Role.FACILITATEUR)
def participants(request):
    people = Participant.objects.editable_by(request.acteur).with_fin_eligibilite().order_by("-entree_le", "code")
    filtered = ParticipantFilter(request.GET, queryset=people)
    return render(
        request,
        "clauses/participant_list.html",
        {"filter": filtered, "page": paginate(filtered.qs, request), "on": timezone.localdate()},
    )


@role_required(Role.FACILITATEUR)
def participant_create(request):
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur))
    form = ParticipantForm(request.POST or None, initial={"entree_le": timezone.localdate()})
    if form.is_valid():
        try:
            person = actions.create_participant(facilitateur=facilitateur, by=request.acteur, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"Le code {person.code} est attribué\u00a0: remettez la fiche à la personne.")
            return redirect(person)
    return render(request, "clauses/participant_form.html", {"form": form})


@role_required(Role.FACILITATEUR)
def participant(request, pk):
    person = _person(request, pk)
    actions.consulter(person, "participant", by=request.acteur)
    return _detail(request, person)


@role_required(Role.FACILITATEUR)
def fiche(request, pk):
    """The slip to print for the person: their code, and the information notice."""
    person = _person(request, pk)
    actions.consulter(person, "fiche", by=request.acteur)
    months = parametres.seuil("conservation_mois", timezone.localdate())
    return render(request, "clauses/participant_fiche.html", {"participant": person, "mois": months})


@role_required(Role.FACILITATEUR)
def profil(request, pk):
    """Who sent the person, and what they can do."""
    person = _person(request, pk)
    if request.method == "GET":
        actions.consulter(person, "profil", by=request.acteur)
    form = ProfilForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        actions.noter_profil(form=form, by=request.acteur)
        messages.success(request, "Le profil est enregistré.")
        return redirect(person)
    context = {"titre": "Orientation et compétences", "bouton": "Enregistrer", "form": form, "participant": person}
    return render(request, "clauses/parcours_form.html", context)


@require_POST
@role_required(Role.FACILITATEUR)
def add_eligibilite(request, pk):
    person = _person(request, pk)
    form = EligibiliteForm(request.POST, facilitateur=person.facilitateur)
    if form.is_valid():
        actions.add_eligibilite(person, by=request.acteur, **form.cleaned_data)
        messages.success(request, "L'éligibilité est notée.")
        return redirect(person)
    return _detail(request, person, eligibilite_form=form)


@require_POST
@role_required(Role.FACILITATEUR)
def assign(request, pk):
    person = _person(request, pk)
    form = AffectationForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        employeur, _ = Organisation.objects.get_or_create(
            type_identifiant=TypeIdentifiant.SIRET, identifiant=data.pop("siret")
        )
        actions.assign(person, employeur=employeur, by=request.acteur, **data)
        messages.success(request, f"L'affectation chez {employeur} est enregistrée.")
        return redirect(person)
    return _detail(request, person, affectation_form=form)


def _person(request, pk):
    return get_object_or_404(
        Participant.objects.editable_by(request.acteur).select_related("facilitateur__organisation"), pk=pk
    )


def _points(person, done, on):
    """(term, day it falls due, state, point noted) of each follow-up point; [] before the exit."""
    if person.sortie_le is None:
        return []
    termes, late = parametres.termes_suivi(person.sortie_le), int(parametres.seuil("suivi_retard_jours", on))
    now = rules.point_a_faire(person.sortie_le, done.keys(), on, termes=termes, retard=late)
    missed = rules.points_manques(person.sortie_le, done.keys(), on, termes=termes)
    rows = []
    for terme, start, _ in rules.calendrier(person.sortie_le, termes):
        state = "manque" if terme in missed else "a_venir"
        if now is not None and now.terme == terme:
            state = "retard" if now.en_retard else "a_faire"
        rows.append((terme, start, state, done.get(terme)))
    return rows


def _detail(request, person, eligibilite_form=None, affectation_form=None):
    on = timezone.localdate()
    eligibilites = list(person.eligibilites.annotate(prolongee=Count("prolongations")))
    verdict = rules.eligible_on(eligibilites, on)
    hours = (
        Imputation.objects.filter(ligne__affectation__participant=person, remplacee_par=None)
        .exclude(etat=Etat.BROUILLON)
        .select_related("ligne__affectation__employeur", "clause__lot", "declaration")
        .order_by("-ligne__du", "pk")
    )
    employers = Organisation.objects.filter(
        Q(affectations__participant__facilitateur=person.facilitateur)
        | Q(titulaires__lot__in=ClauseSociale.objects.editable_by(request.acteur).values("lot"))
    )
    points = {point.terme: point for point in person.points_suivi.all()}
    consultations = person.consultations.select_related("user", "organisation")
    affectations = list(Affectation.objects.filter(participant=person).select_related("employeur"))
    late = timedelta(days=int(parametres.seuil("formation_attente_jours", on)))
    return render(
        request,
        "clauses/participant_detail.html",
        {
            "participant": person,
            "conservation": rules.prochain_effacement(
                actions.dernieres_traces([person])[person.pk],
                int(parametres.seuil("conservation_mois", on)),
                on,
                actions.fins_de_suivi([person], on).get(person.pk),
            ),
            "formations": [
                (row, row.statut == StatutFormation.DEMANDEE and row.demandee_le and on - row.demandee_le > late)
                for row in person.formations.select_related("mission__employeur")
            ],
            "competences": person.competences.all(),
            "sortie": points.get(rules.SORTIE),
            "points": _points(person, points, on),
            "passages": person.transferts.select_related("de", "vers"),
            "consultations": consultations[:SHOWN_LOOKS],
            "nombre_consultations": consultations.count(),
            "on": on,
            "eligibilites": eligibilites,
            "verdict": verdict if verdict.is_ok else replace(verdict, remede=rules.ELIGIBILITE_A_NOTER),
            "affectations": affectations,
            "prets": compteurs(affectations, on),
            "hours": hours[:60],
            "eligibilite_form": eligibilite_form
            or EligibiliteForm(facilitateur=person.facilitateur, initial={"justificatif_vu_le": on, "valable_du": on}),
            "affectation_form": affectation_form or AffectationForm(initial={"date_debut": on}),
            "error_forms": [form for form in (eligibilite_form, affectation_form) if form is not None],
            "employers": employers.filter(type_identifiant=TypeIdentifiant.SIRET).distinct()[:SUGGESTED],
        },
    )
