"""Messages: written from templates, saved with the change they speak of, sent later by a task."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template import Context, Engine, TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import timezone

from portal import tasks

LONGEST_SUBJECT = 250  # characters
SPACES = re.compile(r"[^\S\u00a0\u202f]+")  # line ends among them; no-break spaces stay


@transaction.atomic
def send(name: str, to: Any, /, *, cle: str = "", **context: Any) -> list:
    """Queue the message `name` for each recipient, inside the current transaction; the new `Envoi` rows.

    `to` is an address, a user, or several of them. Templates: `emails/<name>.subject.txt`, `.txt`, and `.html` if
    there is one; they get `context`, `destinataire`, and `site`, the address to write before `{% url … %}`. A recipient
    never receives twice the same `cle`; without one, every call is a message of its own. Closed accounts and empty
    addresses are left out.
    """
    from portal.models import Envoi

    cle = cle or f"{name}:{uuid4().hex}"
    envois = []
    for address, recipient in _recipients(to).items():
        if Envoi.objects.filter(cle=cle, destinataire=address).exists():
            continue
        written = _render(name, {"site": settings.SITE_URL, **context, "destinataire": recipient})
        envoi, is_new = Envoi.objects.get_or_create(cle=cle, destinataire=address, defaults=written)
        if is_new:
            envois.append(envoi)
            tasks.deliver.enqueue(envoi.pk)
    return envois


def resend(envoi) -> bool:
    """Queue again a message that failed, or whose fate is not known; False when it was sent or is about to be."""
    with transaction.atomic():
        over = Q(etat__in=("echec", "incertain")) | tasks.in_flight_too_long(timezone.now())
        again = type(envoi).objects.filter(over, pk=envoi.pk)
        if not again.update(etat="a_envoyer", erreur="", envoye_le=None):
            return False
        tasks.deliver.enqueue(envoi.pk)
    return True


def _recipients(to: Any) -> dict[str, Any]:
    """Recipients by address in lower case, each address once."""
    several = to if isinstance(to, Iterable) and not isinstance(to, str) else [to]
    found: dict[str, Any] = {}
    for recipient in several:
        address = (recipient if isinstance(recipient, str) else getattr(recipient, "email", "") or "").strip().lower()
        if address and getattr(recipient, "is_active", True):
            found.setdefault(address, recipient)
    return found


def _render(name: str, context: dict[str, Any]) -> dict[str, str]:
    subject = SPACES.sub(" ", _render_text(f"emails/{name}.subject.txt", context)).strip()
    return {
        "sujet": subject[:LONGEST_SUBJECT],
        "texte": _render_text(f"emails/{name}.txt", context).strip() + "\n",
        "html": _render_html(f"emails/{name}.html", context),
    }


def _render_text(template: str, context: dict[str, Any]) -> str:
    # Django escapes HTML whatever the file is: in plain text, « L'Étape » must not become « L&#x27;Étape ».
    return Engine.get_default().get_template(template).render(Context(context, autoescape=False))


def _render_html(template: str, context: dict[str, Any]) -> str:
    try:
        found = get_template(template)
    except TemplateDoesNotExist:
        return ""
    return found.render(context)
