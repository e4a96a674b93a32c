"""« Les règles appliquées »: the dated tables by which the portal judges a contract, open to everyone."""

from datetime import date
from itertools import groupby

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render

from marches.enums import NatureContrat, SujetLegal
from marches.forms.regles import JourForm
from marches.parametres import GROUPES, LIBELLES, Regle, bases, regles, seuils

PARTIES = {"regles": "Règles", "seuils": "Seuils et durées", "bases": "Textes par date"}


@login_not_required
def regles_appliquees(request):
    """One of three parts, whole or as it holds on a day: each stays light."""
    asked = request.GET.get("partie", "")
    partie = asked if asked in PARTIES else "regles"
    form = JourForm(request.GET if "le" in request.GET else None)
    on = form.cleaned_data["le"] if form.is_bound and form.is_valid() else None
    context = {
        "partie": partie,
        "parties": [(code, name, code == partie) for code, name in PARTIES.items()],
        "form": form,
        "le": on,
        "rangees": {"regles": _regles, "seuils": _seuils, "bases": _bases}[partie](on),
    }
    return render(request, "marches/regles.html", context)


def _regles(on: date | None):
    """(title, rules) for each group; a rule is its rows, the latest first: (row, whether only its text differs)."""
    kept = [row for row in regles() if on is None or row.holds(on)]
    groups = []
    for code, title in GROUPES.items():
        rows = [row for row in kept if row.groupe == code]
        rules = [(name, _lignes(list(each))) for name, each in groupby(rows, key=lambda row: row.code)]
        if rules:
            groups.append((title, rules))
    return groups


def _lignes(rows: list[Regle]) -> list[tuple[Regle, bool]]:
    rows = rows[::-1]
    said = [(row.intitule, row.niveau) for row in rows]
    return [(row, rank > 0 and said[rank] == said[rank - 1]) for rank, row in enumerate(rows)]


def _seuils(on: date | None):
    """(name, unit, rows) for each threshold, the latest row first."""
    kept = [row for row in seuils() if on is None or row.holds(on)]
    return [
        (*LIBELLES[code], list(reversed(list(rows)))) for code, rows in groupby(kept, key=lambda row: row.code)
    ]  # fmt: skip


def _bases(on: date | None):
    """(subject, rows with the nature of contract in words) for each subject."""
    kept = [(NatureContrat(row.nature).label, row) for row in bases() if on is None or row.holds(on)]
    return [
        (SujetLegal(code).label, list(rows)) for code, rows in groupby(kept, key=lambda pair: pair[1].sujet)
    ]  # fmt: skip
