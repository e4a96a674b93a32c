"""« Puis-je répondre ? »: what the law of the day says to a structure that looks at a lot, alone or with partners."""

from dataclasses import replace

from django.db.models import prefetch_related_objects
from django.shortcuts import get_object_or_404, render

from marches import juridique
from marches.forms.reponses import ReponseForm
from marches.models import Lot
from marches.presentation import Examen
from marches.rules import Candidat

PREUVE = "Preuves annoncées"  # what the box says: the buyer judges what they are worth
SITUEE = "organisation", "labels__label"


def puis_je_repondre(request, pk):
    """The question is the address: it may be kept and sent. htmx asks for the answer alone."""
    rows = Lot.objects.visible_to(request.acteur).select_related("marche__acheteur__organisation")
    lot = get_object_or_404(rows.defer("racines", "marche__racines"), pk=pk)
    form = ReponseForm(request.GET, acteur=request.acteur)
    context = {"lot": lot, "marche": lot.marche, "form": form, "quand": juridique.lancement_of(lot)}
    if form.is_valid():
        context |= _examens(lot, form)
    template = "marches/_puis_je_repondre.html" if request.htmx else "marches/puis_je_repondre.html"
    return render(request, template, context)


def _examens(lot: Lot, form: ReponseForm) -> dict:
    """What each says alone, then what they say together when there are several; eight queries at most."""
    proof = PREUVE if form.cleaned_data["preuves"] else ""
    own, partners = form.seuls, form.autres
    prefetch_related_objects([*own, *partners], *SITUEE)
    alone = [juridique.candidat_of(structure, proof) for structure in own]
    alone += [replace(company, equivalence=proof) for company in form.hors_annuaire]
    others = [juridique.candidat_of(structure, proof) for structure in partners]
    others += [replace(company, equivalence=proof) for company in form.entreprises]
    past = juridique.attributions_ess(alone, lot)
    return {
        "seuls": [Examen.of([each], juridique.puis_je_repondre(each, lot, past)) for each in alone],
        "ensemble": [_together(lead, others, lot) for lead in alone] if others else [],
        "partenaires": [each.appellation for each in others] if not alone else [],
    }


def _together(lead: Candidat, others: list[Candidat], lot: Lot) -> Examen:
    members = [lead, *others]
    return Examen.of(members, juridique.puis_je_repondre_ensemble(members, lot))
