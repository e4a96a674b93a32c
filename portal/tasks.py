"""Work done out of the page: the only module that knows the task library.

Other floors write `from portal.tasks import task`, decorate a function of their own `tasks.py`, and call
`function.enqueue(…)` inside the transaction that makes the work necessary: both are saved, or neither.
"""

import logging
import smtplib

from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils import timezone
from django_tasks import task

__all__ = ["deliver", "task"]

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


@task()
def deliver(envoi_id: int) -> str:
    """Send one `Envoi` still to be sent; the state it ends in, "" when there is nothing to do.

    The row is taken first (a_envoyer → en_cours): two workers never send it twice, and a crash leaves it en_cours,
    which people read as uncertain. A refusal before the server accepted is `echec`; a connection lost after that may
    have delivered, so it is `incertain`.
    """
    from portal.models import Envoi

    taken = Envoi.objects.filter(pk=envoi_id, etat="a_envoyer").update(etat="en_cours", erreur="")
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
    return f"{type(error).__name__} : {error}".replace("\x00", "")
