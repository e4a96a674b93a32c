"""Pages of the ground floor: health, uploaded files, errors."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.static import serve

from portal import brouillons, tasks

QUEUE_LATE = timedelta(minutes=15)


@login_not_required
def media(request, path):
    """An uploaded picture; the front server may answer in our place."""
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    response["Cache-Control"] = "public, max-age=86400"
    return response


@login_not_required
@never_cache
def sante(request):
    """Database, migrations, task queue and shared cache as JSON: 200 when all is well, else 503, without detail."""
    answer = {"base": "ok", "migrations": "ok", "taches": "ok", "cache": "ok"}
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            answer["migrations"] = "en attente"
        else:
            oldest = tasks.oldest_waiting()
            if oldest and timezone.now() - oldest > QUEUE_LATE:
                answer["taches"] = "en retard"
    except DatabaseError:
        answer |= {"base": "injoignable", "migrations": "inconnues", "taches": "inconnues"}
    try:
        cache.get("sante")
    except DatabaseError:
        answer["cache"] = "injoignable"  # on a new site, `createcachetable` was forgotten
    healthy = set(answer.values()) == {"ok"}
    return JsonResponse(answer, status=200 if healthy else 503)


def bad_request(request, exception=None):
    return render(request, "400.html", status=400)


def forbidden(request, exception=None):
    """The 403 page repeats the reason given by `role_required`, which is always ours."""
    return render(request, "403.html", {"raison": str(exception) if exception else ""}, status=403)


def not_found(request, exception=None):
    return render(request, "404.html", status=404)


def csrf_failure(request, reason=""):
    """A form sent from a page that was open too long: what it says is kept when we know whose it is. The technical
    reason helps nobody."""
    return brouillons.resume(request) or render(request, "403_csrf.html", status=403)


def server_error(request):
    """No database, no context processor: this page must answer when nothing else does, unstyled if need be."""
    try:
        styles = [static("bootstrap/css/bootstrap.min.css"), static("css/portal.css")]
    except ValueError:  # the files were not collected
        styles = []
    return HttpResponse(render_to_string("500.html", {"styles": styles}), status=500)
