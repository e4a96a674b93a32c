"""What the pages of contracts and lots share: who may write them, forms that two people may open, their history."""

from typing import Any

from django.shortcuts import get_object_or_404, render

from marches.actions import ActionRefusee
from marches.actions.ecriture import (
    CREATION,
    PUBLICATION,
    RETOUR,
    SAISIE,
    SUIVIS,
    TITULAIRES,
    etat_of,
)
from marches.forms.champs import merged
from marches.models import Lot, Marche
from portal import etats
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.presentation.historique import raconter

WRITERS = (Role.ACHETEUR, Role.ADMINISTRATION)
writers = role_required(*WRITERS)
MOTIFS = {
    CREATION: "Création",
    SAISIE: "Saisie",
    PUBLICATION: "Publication",
    TITULAIRES: "Titulaires",
    RETOUR: "Retour à la valeur publiée",
    etats.REPRISE: "Reprise des données publiées",
    "rattachement": "Rattachement à un autre marché",
    "detachement": "Détachement du marché",
    "suppression": "Suppression",
    "reconduction": "Décision de reconduction",
    "acte": "Modification ou sous-traitance",
    "sites": "Sites",
}


def own_marche(request, pk) -> Marche:
    """A contract that one may write; anything else does not exist."""
    rows = Marche.objects.editable_by(request.acteur).select_related("acheteur__organisation").defer("racines")
    return get_object_or_404(rows, pk=pk)


def own_lot(request, pk) -> Lot:
    rows = Lot.objects.editable_by(request.acteur).select_related(
        "marche__acheteur__organisation", "commune__departement", "departement"
    )
    return get_object_or_404(rows.defer("racines", "marche__racines"), pk=pk)


class Saisie:
    """A form on a row that somebody else may be writing too.

    `save(form, seen)` is called once the form is valid; after it `done` is true. When it meets a conflict the form
    comes back with what was typed, what the other person changed, and the state to compare with next time.
    """

    def __init__(self, request, make, row, save):
        self.conflit: list[etats.Difference] = []
        self.done = False
        self.form = make(request.POST if request.method == "POST" else None, row)
        names = [name for name in self.form.fields if name in (*SUIVIS[type(row)], "titulaires")]
        if "lieu" in self.form.fields:
            names += ["commune", "departement", "lieu_code"]
        salt = f"marches.{row._meta.model_name}.{row.pk}"
        self.etat = request.POST.get("etat") or etats.sealed(etat_of(row, names), salt)
        if not self.form.is_valid():
            return
        seen = etats.unsealed(request.POST.get("etat"), salt)
        try:
            save(self.form, seen)
        except etats.Conflit as conflict:
            stored = type(row).objects.get(pk=row.pk)
            now = etat_of(stored, names)
            self.conflit, self.etat = conflict.differences, etats.sealed(now, salt)
            fresh = make(None, stored)
            self.form = make(merged(self.form, fresh, seen or {}, now), stored)
        except ActionRefusee as refusal:
            self.form.add_error(None, str(refusal))
        else:
            self.done = True

    @property
    def context(self) -> dict[str, Any]:
        return {"form": self.form, "conflit": self.conflit, "etat": self.etat}


def historique(request, row: Marche | Lot, retour: str, titre: str):
    """The history of a contract or of a lot, for those who may write it."""
    model, names = type(row), SUIVIS[type(row)]
    rows = row.history.order_by("-history_date", "-history_id")
    page = paginate(rows, request)
    previous = rows[page.end_index] if page.end_index < page.count else None
    shown = [*page.rows, *([previous] if previous is not None else [])]
    states = {each.history_id: etats.etat(each, names) for each in shown}
    noms = etats.noms_of(model, list(states.values()))
    changes = raconter(
        page.rows,
        previous,
        request.acteur,
        motifs=MOTIFS,
        creation="Création",
        compare=lambda before, after: etats.differences(
            model, states[before.history_id], states[after.history_id], noms
        ),
    )
    context = {"objet": row, "page": page, "changements": changes, "retour": retour, "titre": titre}
    return render(request, "marches/historique.html", context)
