"""Follow-up after the clause: exits to note, points to do, many at once or one person at a time."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses.actions import consulter
from clauses.actions import suivi as actions
from clauses.forms.points import (
    ACHETEUR,
    TITULAIRE,
    FaitLeForm,
    LigneForm,
    LigneSortieForm,
    PointForm,
    SortieForm,
)
from clauses.models import Participant, PointSuivi
from clauses.parametres import seuil, termes_suivi
from clauses.rules import SORTIE
from clauses.stats import suivi as stats
from portal.pagination import paginate
from portal.permissions import Role, role_required

ROWS = 20  # of a grid
GONE = "Un collègue a noté une partie de ces lignes entre-temps\u00a0: relisez la liste, puis enregistrez de nouveau."


@role_required(Role.FACILITATEUR)
def points(request):
    """Points to do, the late ones first; one date for all those noted together."""
    on = timezone.localdate()
    people = Participant.objects.editable_by(request.acteur)
    todo = stats.points_a_faire(people, on)
    page = paginate(todo, request, per_page=ROWS)
    shown = list(page)
    day, refused = FaitLeForm(initial={"fait_le": on}), {}
    if request.method == "POST":
        keys = set(request.POST.getlist("ligne"))
        shown = [row for row in todo if _key(row) in keys]
        day = FaitLeForm(request.POST)
        forms = {_key(row): LigneForm(request.POST, cle=_key(row)) for row in shown}
        filled = [row for row in shown if forms[_key(row)].is_filled]
        if _may_save(request, day, forms, filled, lost=len(keys) > len(shown)):
            try:
                done = actions.noter_points(
                    [forms[_key(row)].point(row.pk, row.point.terme) for row in filled],
                    people=people, fait_le=day.cleaned_data["fait_le"], on=on, by=request.acteur,
                )  # fmt: skip
            except actions.PointsRefuses as error:
                refused = error.par_personne
            except ValidationError as error:
                day.add_error(None, error)
            else:
                messages.success(request, _saved(done, "point de suivi noté", "points de suivi notés"))
                return redirect("clauses:points")
    else:
        forms = {_key(row): LigneForm(cle=_key(row)) for row in shown}
    posts = stats.derniers_postes([row.pk for row in shown])
    rows = [(row, forms[_key(row)], posts.get(row.pk), refused.get(row.pk, "")) for row in shown]
    return _grid(request, rows, page, people, on, jour=day, onglet="points", late=sum(r.point.en_retard for r in todo))


@role_required(Role.FACILITATEUR)
def sorties(request):
    """People whose assignments are over: the day they left is proposed, the reason is asked."""
    on = timezone.localdate()
    people = Participant.objects.editable_by(request.acteur)
    waiting = stats.sorties_a_noter(people, on)
    page = paginate(waiting, request, per_page=ROWS)
    shown, refused, general = list(page), {}, FaitLeForm()
    if request.method == "POST":
        keys = {int(key) for key in request.POST.getlist("ligne") if key.isascii() and key.isdigit() and len(key) < 12}
        shown = list(waiting.filter(pk__in=sorted(keys)[: 5 * ROWS]))
        general = FaitLeForm({"fait_le": on})
        forms = {str(row.pk): LigneSortieForm(request.POST, cle=str(row.pk), fin=row.fin) for row in shown}
        filled = {row.pk: forms[str(row.pk)] for row in shown if forms[str(row.pk)].is_filled}
        if _may_save(request, general, forms, filled, lost=len(keys) > len(shown)):
            given = {pk: form.given() | {"le": form.cleaned_data["le"]} for pk, form in filled.items()}
            try:
                done = actions.noter_sorties(given, people=people, on=on, by=request.acteur)
            except actions.PointsRefuses as error:
                refused = error.par_personne
            except ValidationError as error:
                general.add_error(None, error)
            else:
                messages.success(request, _saved(done, "sortie notée", "sorties notées"))
                return redirect("clauses:sorties")
    else:
        forms = {str(row.pk): LigneSortieForm(cle=str(row.pk), fin=row.fin) for row in shown}
    posts = stats.derniers_postes([row.pk for row in shown])
    rows = [(row, forms[str(row.pk)], posts.get(row.pk), refused.get(row.pk, "")) for row in shown]
    return _grid(request, rows, page, people, on, jour=general, onglet="sorties", late=0)


@role_required(Role.FACILITATEUR)
def sortie(request, pk):
    """The exit of one person, noted or corrected."""
    person = _person(request, pk)
    on = timezone.localdate()
    row = person.points_suivi.filter(terme=SORTIE).first()
    form = SortieForm(request.POST or None, initial=_initial(row) | {"le": person.sortie_le or on})
    if form.is_valid():
        try:
            actions.noter_sortie(person, le=form.cleaned_data["le"], on=on, by=request.acteur, **form.given())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "La sortie est notée.")
            return redirect(person)
    return _page(request, form, person, titre="Sortie du parcours", bouton="Enregistrer la sortie")


@require_POST
@role_required(Role.FACILITATEUR)
def annuler_sortie(request, pk):
    person = _person(request, pk)
    try:
        actions.annuler_sortie(person, by=request.acteur)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "La sortie et les points notés depuis sont retirés.")
    return redirect(person)


@role_required(Role.FACILITATEUR)
def point(request, pk, terme):
    """One point of one person: noted, corrected or taken away."""
    person = _person(request, pk)
    if person.sortie_le is None or terme not in termes_suivi(person.sortie_le):
        raise Http404
    on = timezone.localdate()
    row = person.points_suivi.filter(terme=terme).first()
    if request.method == "POST" and "supprimer" in request.POST and row:
        row.delete()
        messages.success(request, "Le point de suivi est retiré.")
        return redirect(person)
    form = PointForm(request.POST or None, initial=_initial(row) | {"fait_le": row.fait_le if row else on})
    if form.is_valid():
        new = row or PointSuivi(participant=person, terme=terme)
        new.fait_le = form.cleaned_data["fait_le"]
        for name, value in form.given().items():
            setattr(new, name, value)
        try:
            actions.noter_point(new, on=on, by=request.acteur)
        except ValidationError as error:
            form.add_error(None, " ".join(error.messages))
        else:
            messages.success(request, f"Le point à {terme} mois est noté.")
            return redirect(person)
    retirer = "Retirer ce point" if row else ""
    return _page(request, form, person, titre=f"Point à {terme} mois", bouton="Enregistrer", retirer=retirer)


# Inside ---------------------------------------------------------------------------------------------------------------
def _key(row: stats.ASuivre) -> str:
    return f"{row.pk}-{row.point.terme}"


def _may_save(request, general, forms, filled, *, lost: bool) -> bool:
    """Whether the grid may be saved; what stops it is told above it or beside its rows."""
    sound = all([general.is_valid(), *(form.is_valid() for form in forms.values())])
    if lost:
        general.add_error(None, GONE)
        return False
    if sound and not filled:
        general.add_error(None, "Choisissez au moins une situation, puis enregistrez.")
    return sound and bool(filled)


def _saved(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}."


def _grid(request, rows, page, people, on, *, jour, onglet, late):
    context = {
        "lignes": rows,
        "page": page,
        "jour": jour,
        "on": on,
        "onglet": onglet,
        "en_retard": late,
        "erreurs": sum(bool(refused or form.errors) for _, form, _, refused in rows if form.is_bound),
        "formees": stats.formees(people, on),
        "termes": termes_suivi(on),
        "retard_jours": int(seuil("suivi_retard_jours", on)),
    }
    return render(request, "clauses/point_list.html", context)


def _person(request, pk):
    return get_object_or_404(Participant.objects.editable_by(request.acteur), pk=pk)


def _initial(row: PointSuivi | None) -> dict:
    if row is None:
        return {}
    hired = ACHETEUR if row.chez_acheteur else TITULAIRE if row.chez_titulaire else ""
    return {"situation": row.situation, "embauche": hired}


def _page(request, form, participant, **context):
    if request.method == "GET":
        consulter(participant, "suivi", by=request.acteur)
    return render(request, "clauses/parcours_form.html", {"form": form, "participant": participant} | context)
