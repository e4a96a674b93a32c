"""What a card offers to who is signed in: put it in a list, write to the structure."""

from django import template

from structures.models import Favori, ListeFavoris
from structures.views.favoris import USERS

register = template.Library()


@register.inclusion_tag("structures/_favori_bouton.html", takes_context=True)
def favori_bouton(context, structure):
    """`{% favori_bouton structure %}`: the lists it is in, and a form to put it in another; two queries.

    Prints nothing for a role without lists, and a way to sign in for a visitor.
    """
    acteur = context["request"].acteur
    inside = {}
    if acteur.has(*USERS):
        mine = Favori.objects.visible_to(acteur).filter(structure=structure).select_related("liste")
        inside = {favori.liste_id: favori for favori in mine.order_by("liste__nom")}
    return {
        "structure": structure,
        "chemin": context["request"].get_full_path(),
        "visiteur": acteur.is_visitor,
        "ouvert": acteur.has(*USERS),
        "favoris": list(inside.values()),
        "listes": [liste for liste in ListeFavoris.objects.visible_to(acteur) if liste.pk not in inside]
        if acteur.has(*USERS)
        else [],
    }
