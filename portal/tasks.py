"""Work done out of the page: the only module that knows the task library.

Other floors write `from portal.tasks import task`, decorate a function of their own `tasks.py`, and call
`function.enqueue(…)` inside the transaction that makes the work necessary: both are saved, or neither.
"""

import logging
import smtplib
from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import Count, Q
from django.utils import timezone
from django_tasks import task

__all__ = ["counts", "deliver", "flag_uncertain", "in_flight_too_long", "oldest_waiting", "task"]

logger = logging.getLogger(__name__)

# The server said no, or the message could not be written: nothing left, sending again is safe.
REFUSALS = (
    smtplib.SMTPHeloError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
    ValueError,
)
LONGEST_DELIVERY = timedelta(minutes=15)  # a mail server answers, or its connection breaks, long before


def oldest_waiting() -> datetime | None:
    """When the oldest task still to run was queued; one query."""
    from django_tasks_db.models import DBTaskResult

    return DBTaskResult.objects.ready().order_by("enqueued_at").values_list("enqueued_at", flat=True).first()


def counts() -> dict[str, int]:
    """How many tasks are `en_attente`, `en_cours` and `en_echec`; one query."""
    from django_tasks_db.models import DBTaskResult

    return DBTaskResult.objects.aggregate(
        en_attente=Count("pk", filter=Q(status="READY")),
        en_cours=Count("pk", filter=Q(status="RUNNING")),
        en_echec=Count("pk", filter=Q(status="FAILED")),
    )


def in_flight_too_long(now: datetime) -> Q:
    """Condition « handed to the server, and no answer will come any more »: the worker stopped in between."""
    since = now - LONGEST_DELIVERY
    return Q(etat="en_cours") & (Q(envoye_le__lt=since) | Q(envoye_le=None, cree_le__lt=since))


def flag_uncertain(now: datetime) -> int:
    """Messages left in flight by a worker that stopped become `incertain`; how many. One query."""
    from portal.models import Envoi

    return Envoi.objects.filter(in_flight_too_long(now)).update(
        etat="incertain", envoye_le=None, erreur="L'envoi a été interrompu\u00a0: le message est peut-être parti."
    )


@task()
def deliver(envoi_id: int) -> str:
    """Send one `Envoi` still to be sent; the state it ends in, "" when there is nothing to do.

    The row is taken first (a_envoyer → en_cours): two workers never send it twice, and a crash leaves it en_cours,
    with the moment it was taken in `envoye_le`, until `flag_uncertain` sees it. A refusal before the server accepted
    is `echec`; a connection lost after that may have delivered, so it is `incertain`.
    """
    from portal.models import Envoi

    now = timezone.now()
    flag_uncertain(now)
    taken = Envoi.objects.filter(pk=envoi_id, etat="a_envoyer").update(etat="en_cours", erreur="", envoye_le=now)
    if not taken:
        return ""
    envoi = Envoi.objects.get(pk=envoi_id)
    etat, erreur = _hand_over(envoi)
    Envoi.objects.filter(pk=envoi_id).update(
        etat=etat, erreur=erreur[:500], envoye_le=timezone.now() if etat == "envoye" else None
    )
    return etat


def _hand_over(envoi) -> tuple[str, str]:
    """Give a message to the mail server; the state it is then in, and the error."""
    connection = get_connection()
    try:
        connection.open()
    except Exception as error:
        logger.warning("Envoi %s : serveur de messagerie injoignable (%s)", envoi.pk, error)
        return "echec", _described(error)
    message = EmailMultiAlternatives(envoi.sujet, envoi.texte, to=[envoi.destinataire], connection=connection)
    if envoi.html:
        message.attach_alternative(envoi.html, "text/html")
    try:
        message.send()
    except REFUSALS as error:
        logger.warning("Envoi %s refusé (%s)", envoi.pk, error)
        return "echec", _described(error)
    except Exception as error:
        logger.exception("Envoi %s incertain", envoi.pk)
        return "incertain", _described(error)
    finally:
        _close(connection)
    return "envoye", ""


def _close(connection) -> None:
    try:
        connection.close()
    except Exception:
        logger.info("Le serveur de messagerie n'a pas pris congé.", exc_info=True)


def _described(error: Exception) -> str:
    return f"{type(error).__name__}\u00a0: {error}".replace("\x00", "")
