"""The library of clauses: model texts, and what one gives once filled for a lot."""

from urllib.parse import urlencode

from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from clauses.models import Facilitateur, ModeleClause
from clauses.rules.modeles import mentions, remplir
from clauses.views.calculateur import is_key, lot_of
from portal.permissions import Role, role_required
from portal.templatetags.formats import jour, nombre

READERS = (Role.FACILITATEUR, Role.ACHETEUR)
PUBLICS = (
    "demandeurs d'emploi de longue durée, bénéficiaires de minima sociaux, travailleurs handicapés, jeunes sans emploi "
    "ni formation, et autres personnes dont un prescripteur atteste la situation."
)


@role_required(*READERS)
def modeles(request):
    """Last published version of each model; `lot` is carried to their pages."""
    lot = lot_of(request.GET.get("lot"), request.acteur)
    rows = ModeleClause.objects.current(request.acteur).order_by("titre", "pk")
    return render(request, "clauses/modele_list.html", {"modeles": rows, "lot": lot})


@role_required(*READERS)
def modele(request, pk):
    """One version, any of them: what was published stays readable."""
    found = get_object_or_404(ModeleClause.objects.published(request.acteur), pk=pk)
    lot = lot_of(request.GET.get("lot"), request.acteur)
    mine = Facilitateur.objects.acting(request.acteur).select_related("organisation").first()
    values = _values(lot, mine, request.GET.get("heures", "")) if lot else {}
    texte = remplir(found.texte, values) if lot else found.texte
    carried = urlencode({"modele": found.pk, "heures": values.get("heures_brutes", "")})
    context = {
        "modele": found,
        "lot": lot,
        "texte": texte,
        "verdicts": mentions(values) if lot else [],
        "versions": ModeleClause.objects.published(request.acteur)
        .filter(code=found.code, organisation=found.organisation_id)
        .exclude(pk=found.pk)[:20],
        "create_url": f"{reverse('clauses:create', args=[lot.pk])}?{carried}" if lot and mine else "",
    }
    return render(request, "clauses/modele_detail.html", context)


def filled(query, lot, acteur) -> dict:
    """First values of a new clause on `lot` from the model that the address names; {} when it names none."""
    found = ModeleClause.objects.published(acteur)
    key = query.get("modele", "")
    modele = found.filter(pk=key).first() if is_key(key) else None
    if modele is None:
        return {}
    mine = Facilitateur.objects.acting(acteur).select_related("organisation").first()
    values = _values(lot, mine, query.get("heures", ""))
    said = {"type": modele.type, "texte": remplir(modele.texte, values), "publics": values["publics"]}
    return said | ({"heures": values["heures_brutes"]} if values["heures"] else {})


def _values(lot, facilitateur, heures: str) -> dict[str, str]:
    """What the lot and the body that acts put in the place of the variables; nothing is invented."""
    heures = heures if heures.isascii() and heures.isdecimal() and len(heures) < 8 and int(heures) else ""
    if facilitateur is None:
        facilitateur = _of_buyer(lot)
    contact = ", ".join(filter(None, [facilitateur.courriel, facilitateur.telephone])) if facilitateur else ""
    return {
        "acheteur": lot.marche.acheteur.organisation.nom,
        "lot": lot.objet or lot.marche.objet,
        "facilitateur": facilitateur.organisation.nom if facilitateur else "",
        "contact": contact,
        "publics": PUBLICS,
        "heures": nombre(heures) if heures else "",
        "heures_brutes": heures,
        "date_debut": jour(lot.date_debut) if lot.date_debut else "",
        "date_fin": jour(lot.date_fin) if lot.date_fin else "",
    }


def _of_buyer(lot):
    """The body that already follows clauses of this buyer, the last one; None when there is none."""
    known = Facilitateur.objects.filter(clauses__lot__marche__acheteur=lot.marche.acheteur_id)
    return known.select_related("organisation").order_by("-clauses__pk").first()
