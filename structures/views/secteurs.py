"""Purchase sectors: the whole list, then one page for each."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from structures.models import Secteur
from structures.nomenclatures import cpv_in_words
from structures.stats import secteurs
from structures.templatetags.carte import carte


@login_not_required
def list(request):
    return render(request, "structures/secteur_list.html", {"familles": secteurs.familles()})


@login_not_required
def detail(request, code):
    secteur = get_object_or_404(
        Secteur.objects.select_related("parent").defer("racines", "parent__racines"), code=code.replace("\x00", "")
    )
    comptes = secteurs.comptes(secteur)
    annuaire = f"{reverse('structures:list')}?secteur={secteur.code}"
    context = {
        "secteur": secteur,
        "comptes": comptes,
        "carte": carte(comptes.par_departement, lambda code: f"{annuaire}&lieu=departement-{code}"),
        "voisins": Secteur.objects.filter(parent=secteur.parent or secteur).exclude(pk=secteur.pk).only("code", "nom"),
        "mots": [word.strip() for word in secteur.synonymes.split(",") if word.strip()],
        "cpv": cpv_in_words(secteur.cpv),
        "annuaire": annuaire,
    }
    return render(request, "structures/secteur_detail.html", context)
