"""Places: the country, then one page per commune, intercommunality, département and région."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from structures import stats
from structures.directory import Question, answers, lignes, search
from structures.enums import NiveauLieu
from structures.lieux import resolve
from structures.models import Structure
from structures.models.territoires import page_of
from structures.presentation.apercus import apercus, sector_names
from structures.stats import territoires
from structures.templatetags.carte import carte
from structures.toponymes import du_lieu

SHOWN = 10


@login_not_required
def list(request):
    """The map and the table of the country; `ou` is a place to go to."""
    recherche = resolve(request.GET.get("ou"))
    if recherche.lieu and not recherche.is_ambiguous:
        return redirect(_page(recherche.lieu))
    counts = stats.by_departement_cached(Structure.objects.listed(), "territoires")
    context = {
        "recherche": recherche,
        "candidats": [(lieu, _page(lieu)) for lieu in recherche.candidats],
        "carte": carte(counts, lambda code: page_of(NiveauLieu.DEPARTEMENT.value, code)),
        "regions": territoires.pays(counts),
    }
    return render(request, "structures/territoire_list.html", context)


@login_not_required
def detail(request, cle):
    lieu = territoires.from_key(cle)
    if lieu is None:
        raise Http404("Ce territoire n'existe pas, ou plus\u00a0: cherchez-le par son nom.")
    if lieu.parente:  # a municipal arrondissement: everything is counted on its commune
        return redirect(page_of(NiveauLieu.COMMUNE.value, lieu.parente))
    question = Question(lieux=(lieu,))
    pks = tuple(search(Structure.objects.listed(), question).values_list("pk", flat=True)[:SHOWN])
    context = {
        "lieu": lieu,
        "objet": territoires.row_of(lieu),
        "du_lieu": du_lieu(lieu),
        "comptes": territoires.comptes(lieu),
        "apercus": apercus(answers(lignes(pks), question), question, sector_names(), timezone.localdate()),
        "contenants": territoires.larger(lieu),
        "voisins": territoires.around(lieu),
        "adresse": territoires.address_of(lieu),
    }
    return render(request, "structures/territoire_detail.html", context)


def _page(lieu) -> str:
    if lieu.niveau == NiveauLieu.FRANCE:
        return reverse("structures:territoires")
    return territoires.address_of(lieu)
