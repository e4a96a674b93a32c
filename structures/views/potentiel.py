"""The potential of a territory: a question in the address, an answer to print."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from structures.directory import answers, lignes, search
from structures.forms.potentiel import PotentielForm
from structures.models import Structure
from structures.presentation.apercus import apercus, sector_names
from structures.stats.potentiel import potentiel as compute

SHOWN = 10


@login_not_required
def potentiel(request):
    form = PotentielForm(request.GET)
    context = {"form": form, "asked": form.is_asked}
    if form.is_asked and form.is_valid():
        question = form.question()
        pks = search(Structure.objects.listed(), question).values_list("pk", flat=True)[:SHOWN]
        context |= {
            "question": question,
            "potentiel": compute(question, form.cleaned_data["budget"], form.duree_mois, timezone.localdate()),
            "apercus": apercus(answers(lignes(tuple(pks)), question), question, sector_names(), timezone.localdate()),
            "annuaire": _directory(question),
        }
    return render(request, "structures/potentiel.html", context)


def _directory(question) -> str:
    """The address of the directory that asks the same."""
    return f"{reverse('structures:list')}?{question.besoin}"
