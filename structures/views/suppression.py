"""Deleting a page that speaks of several structures: asked first, then done."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render


def confirm_deletion(
    request, page, *, titre: str, consequences: Sequence[str], delete: Callable[[], None], fait: str, suite: str
) -> HttpResponse:
    """The page that asks, or, once confirmed, the list `suite` with the sentence `fait`."""
    if request.method == "POST":
        delete()
        messages.success(request, fait)
        return redirect(suite)
    context = {"page": page, "titre": titre, "consequences": consequences, "retour": page.get_absolute_url()}
    return render(request, "structures/page_supprimer.html", context)
