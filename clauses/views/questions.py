"""Questions on the clauses of consultations, answered by the facilitator who follows them."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from clauses.questions import questions_of
from marches.views.questions import traiter
from portal.pagination import paginate
from portal.permissions import Role, role_required

PER_PAGE = 10
MOST_WAITING = 50


@role_required(Role.FACILITATEUR)
def questions(request):
    """What waits, the nearest deadline first, then what was answered."""
    rows = questions_of(request.acteur)
    context = {
        "attendues": rows.waiting(timezone.now())[:MOST_WAITING],
        "page": paginate(rows.published().order_by("-repondue_le", "-pk"), request, per_page=PER_PAGE),
    }
    return render(request, "clauses/question_list.html", context)


@role_required(Role.FACILITATEUR)
def question(request, pk):
    found = get_object_or_404(questions_of(request.acteur), pk=pk)
    return traiter(request, found, retour=reverse("clauses:questions"), peut_ecarter=False)
