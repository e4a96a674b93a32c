"""The questions of a consultation: read by everybody, asked by companies, answered by the buyer."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from marches import presentation
from marches.actions import ActionRefusee
from marches.actions import questions as actions
from marches.consultation import accueil_of, delais_of, reglage_of
from marches.enums import EtatQuestion
from marches.forms.questions import EcartForm, QuestionForm, ReglageForm, ReponseForm
from marches.models import Marche, Question, SuiviQuestions
from marches.rules.questions import EGALITE, EGALITE_SOURCE, peut_repondre
from marches.views.champs import own_marche
from portal.pagination import paginate
from portal.permissions import Role, role_required

askers = role_required(Role.STRUCTURE, Role.ENTREPRISE)
buyers = role_required(Role.ACHETEUR)
PER_PAGE = 10
MOST_SHOWN = 20  # of one's own, or to answer


def _marche(request, pk) -> Marche:
    rows = Marche.objects.visible_to(request.acteur).select_related("acheteur__organisation").defer("racines")
    return get_object_or_404(rows, pk=pk)


@login_not_required
def questions(request, pk):
    """Everything that was answered, in the same words for all; one's own, and what the buyer has to answer."""
    marche, acteur, now = _marche(request, pk), request.acteur, timezone.now()
    rows = Question.objects.filter(marche=marche).select_related("lot")
    mine = rows.asked_by(acteur).filter(repondue_le=None)
    waiting = rows.filter(etat=EtatQuestion.ATTENTE)
    context = {
        "marche": marche,
        "accueil": accueil_of(marche, now),
        "page": paginate(rows.published().order_by("-repondue_le", "-pk"), request, per_page=PER_PAGE),
        "miennes": mine[:MOST_SHOWN],
        "a_traiter": waiting.editable_by(acteur)[:MOST_SHOWN],
        "attendues": waiting.count() if marche.date_limite and marche.date_limite >= now else 0,
        "peut_demander": acteur.has(Role.STRUCTURE, Role.ENTREPRISE),
        "acheteur": Marche.objects.editable_by(acteur).filter(pk=pk).exists() and acteur.has(Role.ACHETEUR),
        "suit": not acteur.is_visitor and SuiviQuestions.objects.filter(marche=marche, user=acteur.user).exists(),
        "egalite": EGALITE,
        "egalite_source": EGALITE_SOURCE,
    }
    return render(request, "marches/questions.html", context)


@login_not_required
def imprimer(request, pk):
    marche = _marche(request, pk)
    rows = Question.objects.filter(marche=marche).published().select_related("lot").order_by("repondue_le", "pk")
    context = {"marche": marche, "questions": rows, "accueil": accueil_of(marche, timezone.now()), "egalite": EGALITE}
    return render(request, "marches/questions_imprimer.html", context)


@askers
def poser(request, pk):
    marche, now = _marche(request, pk), timezone.now()
    accueil = accueil_of(marche, now)
    if not accueil.ouvert:
        messages.warning(request, accueil.verdict.reason or "Ce marché ne reçoit pas de question ici.")
        return redirect("marches:questions", pk=pk)
    lots = sorted(marche.lots.defer("racines"), key=presentation.lot_order)
    asked = request.GET.get("lot", "")
    initial = {"lot": next((lot.pk for lot in lots if str(lot.pk) == asked), None)}
    form = QuestionForm(request.POST if request.method == "POST" else None, lots=lots, initial=initial)
    if form.is_valid():
        given = {"lot": None} | form.cleaned_data
        try:
            actions.poser(marche=marche, by=request.acteur, now=now, **given)
        except ActionRefusee as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, "Votre question est transmise. Vous serez prévenu par courriel quand la réponse sera publiée."
            )
            return redirect("marches:questions", pk=pk)
    context = {"marche": marche, "form": form, "accueil": accueil, "egalite": EGALITE}
    return render(request, "marches/question_form.html", context)


@buyers
def question(request, pk):
    rows = Question.objects.editable_by(request.acteur).select_related("marche__acheteur__organisation", "lot")
    found = get_object_or_404(rows, pk=pk)
    return traiter(request, found, retour=f"{found.get_absolute_url().partition('#')[0]}", peut_ecarter=True)


def traiter(request, question: Question, *, retour: str, peut_ecarter: bool):
    """The page that answers a question or sets it aside, for whoever may: the caller has checked it."""
    now = timezone.now()
    given = delais_of(question.marche, reglage_of(question.marche))
    verdict = peut_repondre(given, now) if given else None
    gesture = request.POST.get("geste") if request.method == "POST" else None
    initial = {"texte_publie": question.texte_publie or question.texte, "reponse": question.reponse}
    form = ReponseForm(request.POST if gesture == "repondre" else None, initial=initial)
    ecart = EcartForm(request.POST if gesture == "ecarter" else None) if peut_ecarter else None
    answered = "La réponse est publiée, et envoyée à qui suit le marché."
    calls: dict[str, tuple[Any, Callable[..., Question], str]] = {"repondre": (form, actions.repondre, answered)}
    if ecart is not None:
        calls["ecarter"] = (ecart, actions.ecarter, "La question est écartée\u00a0: son auteur en reçoit le motif.")
    if gesture in calls:
        typed, action, said = calls[gesture]
        if typed.is_valid():
            try:
                action(question=question, by=request.acteur, now=now, **typed.cleaned_data)
            except ActionRefusee as refusal:
                typed.add_error(None, str(refusal))
            else:
                messages.success(request, said)
                return redirect(retour)
    context = {
        "question": question,
        "marche": question.marche,
        "delais": given,
        "verdict": verdict,
        "peut_repondre": verdict is not None and not verdict.is_blocking and question.etat != EtatQuestion.ECARTEE,
        "peut_ecarter": ecart is not None and question.etat == EtatQuestion.ATTENTE,
        "form": form,
        "ecart": ecart,
        "retour": retour,
    }
    return render(request, "marches/question_detail.html", context)


@buyers
def regler(request, pk):
    """Until when and where the buyer takes questions."""
    marche = own_marche(request, pk)
    row = reglage_of(marche)
    initial = {"jusqu_au": row.jusqu_au, "urgence": row.urgence, "ailleurs": row.ailleurs}
    form = ReglageForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            actions.regler(marche=marche, **form.cleaned_data)
        except ActionRefusee as refusal:
            form.add_error("jusqu_au", str(refusal))
        else:
            messages.success(request, "Les questions de ce marché sont réglées.")
            return redirect("marches:questions", pk=pk)
    context = {"marche": marche, "form": form, "delais": delais_of(marche, row)}
    return render(request, "marches/questions_reglage.html", context)


@require_POST
def suivre(request, pk):
    """Be told of the answers, or no more; for anybody who has an account."""
    marche = _marche(request, pk)
    wanted = request.POST.get("suivre") == "oui"
    actions.suivre(marche=marche, by=request.acteur, oui=wanted)
    said = "Vous serez prévenu de chaque réponse." if wanted else "Vous ne recevrez plus les réponses de ce marché."
    messages.success(request, said)
    return redirect("marches:questions", pk=pk)
