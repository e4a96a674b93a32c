"""The directory: its list, its map, and structures side by side; open to everyone.

What a search says beside its results (form, counts, map by département) is kept a minute for everyone; the results are
read at each request.
"""

from dataclasses import dataclass
from hashlib import sha256

from django.contrib.auth.decorators import login_not_required
from django.contrib.messages import get_messages
from django.core.cache import cache, caches
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from portal.pagination import PER_PAGE, Page, whole
from structures.directory import (
    Parcours,
    Question,
    answers,
    facettes,
    lignes,
    order_explained,
    search,
    sector_ids,
    shorter_way,
    tri_of,
)
from structures.directory.question import TRIS
from structures.filters import Adresse, Retrait, StructureFilter, cle, sans
from structures.filters.formulaire import formulaire
from structures.lieux import Lieu
from structures.models import Structure
from structures.presentation import carte_locale, comparaison
from structures.presentation.apercus import apercus
from structures.templatetags.carte import carte

PAGE, FRAGMENT = "structures/structure_list.html", "structures/_annuaire.html"
SECONDS, NEAR_SECONDS = 45, 15  # shared by all, then in the process: a minute in all


@dataclass(frozen=True)
class Entete:
    """What stands around the results of a search; the same for every page of it and for everyone."""

    question: Question
    total: int
    departements: dict[str, int]
    formulaire: SafeString  # written by its template
    avis: list[str]
    retraits: list[Retrait]
    propositions: list[Retrait]
    homonymes: list[tuple[Lieu, list[Retrait]]]
    ordre: str
    secteurs: dict[int, str]
    voulus: frozenset[int]  # keys of the sectors asked for, those of the families among them
    sql: tuple[str, tuple]  # of the keys of the results, in order: written once, asked at each request
    parcours: Parcours  # the shorter way to the first pages, where there is one


@login_not_required
def list(request):
    as_map = request.GET.get("vue") == "carte"
    if as_map and request.acteur.is_visitor and not len(get_messages(request)):
        return HttpResponse(_written_map(request))
    return render(request, FRAGMENT if request.htmx else PAGE, _context(request, as_map))


def _written_map(request: HttpRequest) -> bytes:
    """The page of the map, or its part for htmx, kept near as it is written. Nothing in it depends on who looks, once
    those who signed in are left out (menus, a form and its token), and those to whom something has to be said."""
    template = FRAGMENT if request.htmx else PAGE
    key = _key(request, template, sans(request.GET))
    written = caches["proche"].get(key)
    if written is None:
        written = render_to_string(template, _context(request, as_map=True), request).encode()
        caches["proche"].set(key, written, NEAR_SECONDS)
    return written


def _context(request: HttpRequest, as_map: bool) -> dict:
    entete, adresse = _entete(request), Adresse(request.GET)
    question, today = entete.question, timezone.localdate()
    context = {
        "annuaire": entete,
        "question": question,
        "puces": adresse.puces(entete.retraits),
        "propositions": adresse.puces(entete.propositions),
        "homonymes": [(lieu, adresse.puces(others)) for lieu, others in entete.homonymes],
        "choisies": comparaison.chosen(request.GET, adresse),
        "ids": comparaison.ids(request.GET),
        "as_map": as_map,
        "map_url": adresse.url(vue="carte"),
        "list_url": adresse.url(vue=None),
        "parametres": sans(request.GET, "s", "vue"),
        "potentiel": f"{reverse('structures:potentiel')}?{question.besoin}" if question.asks_need else "",
        "tris": [
            (said, adresse.url(tri=tri), tri == tri_of(question))
            for tri, said in TRIS.items()
            if tri != "distance" or question.centre
        ],
    }
    if as_map:
        return context | _map(request, entete, adresse)
    page = _page(entete, request)
    reponses = answers(page, question, entete.voulus)
    return context | {
        "page": page,
        "count": page.count,
        "reponses": reponses,
        "apercus": apercus(reponses, question, entete.secteurs, today),
        "comparer": adresse.url() + ("&" if adresse.url() != "?" else ""),
    }


def _key(request: HttpRequest, *more: object) -> str:
    asked = " ".join(map(str, (timezone.localdate(), cle(request.GET), *more)))
    return f"structures:annuaire:{sha256(asked.encode('utf-8', 'replace')).hexdigest()}"


def _entete(request: HttpRequest) -> Entete:
    today, key = timezone.localdate(), _key(request)
    entete = caches["proche"].get(key)
    if entete is None:
        entete = cache.get(key)
        if entete is None:
            entete = _read_entete(request, today)
            cache.set(key, entete, SECONDS)
        caches["proche"].set(key, entete, NEAR_SECONDS)
    return entete


def _read_entete(request: HttpRequest, today) -> Entete:
    listed = Structure.objects.listed()
    annuaire = StructureFilter(request.GET, queryset=listed)
    counts = facettes.count(listed, annuaire.question, today)
    if not counts.total and annuaire.corrected() is not None:
        counts = facettes.count(listed, annuaire.question, today)
    form = render_to_string("structures/_filters.html", {"form": formulaire(annuaire, counts)})
    return Entete(
        question=annuaire.question,
        total=counts.total,
        departements=counts.departements,
        formulaire=mark_safe("\n".join(stripped for line in form.splitlines() if (stripped := line.strip()))),
        avis=annuaire.avis(),
        retraits=annuaire.retraits(),  # of the words as they were corrected
        propositions=annuaire.propositions(),
        homonymes=annuaire.homonymes(),
        ordre=order_explained(annuaire.question),
        secteurs={secteur.pk: secteur.nom for secteur in annuaire.secteurs.values()},
        voulus=frozenset(sector_ids(annuaire.question.secteurs)),
        sql=search(listed, annuaire.question).values_list("pk").query.sql_with_params(),
        parcours=shorter_way(listed, annuaire.question, counts.total),
    )


def _page(entete: Entete, request: HttpRequest) -> Page:
    """The page asked for. The count may be a minute old: what is read corrects it."""
    total = entete.total
    number = min(max(1, whole(request.GET.get("page"))), max(1, -(-total // PER_PAGE)))
    ids = _ids(entete, number)
    if not ids and number > 1:
        total = search(Structure.objects.listed(), entete.question).order_by().count()
        number = max(1, -(-total // PER_PAGE))
        ids = _ids(entete, number)
    seen = (number - 1) * PER_PAGE + len(ids)
    total = seen if len(ids) <= PER_PAGE else max(total, seen)
    rows = lignes(ids[:PER_PAGE])
    return Page(rows, number, max(1, -(-total // PER_PAGE)), total, PER_PAGE)


def _ids(entete: Entete, number: int) -> tuple[int, ...]:
    """Keys of one page, and the first of the next."""
    start, end = (number - 1) * PER_PAGE, number * PER_PAGE + 1
    if number <= entete.parcours.pages:
        first = _first_ids(entete.parcours, end)
        if len(first) == end:
            return first[start:]
    return _keys(entete.sql, PER_PAGE + 1, start)


def _first_ids(parcours: Parcours, needed: int) -> tuple[int, ...]:
    found: tuple[int, ...] = ()
    for sql in parcours.statements:
        if len(found) < needed:
            found += _keys(sql, needed - len(found), 0)
    return found


def _keys(sql: tuple[str, tuple], number: int, start: int) -> tuple[int, ...]:
    text, values = sql
    with connection.cursor() as cursor:
        cursor.execute(f"{text} LIMIT {number} OFFSET {start}", values)
        return tuple(row[0] for row in cursor.fetchall())


def _map(request: HttpRequest, entete: Entete, adresse: Adresse) -> dict:
    """The whole result by département, after the structures themselves when a place is searched."""
    question = entete.question
    champs = adresse.paires(lieu=None, rayon=None, ou=None)  # nearer, on the map
    # Its points and shapes cost more than the rest of the page: kept near, with the counts they show.
    key = _key(request, "carte", str(champs), entete.total)
    drawn = caches["proche"].get(key)
    if drawn is None:
        found = search(Structure.objects.listed(), question)
        shown = {
            "locale": carte_locale.draw(found, question) if question.territoires else None,
            "carte": carte(entete.departements, str),
            "champs": champs,
        }
        drawn = render_to_string("structures/_carte.html", shown)
        caches["proche"].set(key, drawn, NEAR_SECONDS)
    return {"count": entete.total, "carte": mark_safe(drawn)}


@login_not_required
def comparer(request):
    """Up to four structures side by side: `?s=1&s=2`, with the search they come from."""
    context = comparaison.compare(request.GET, timezone.localdate())
    return render(request, "structures/structure_comparer.html", context)


@login_not_required
def types(request):
    """What each kind of structure is, in plain words."""
    return render(request, "structures/structure_types.html", {"types": comparaison.kinds(timezone.localdate())})
