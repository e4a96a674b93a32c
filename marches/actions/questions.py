"""Questions of a consultation: asked, answered for all, set aside with a reason. `by` is the `Acteur`."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from marches.actions.registre import ActionRefusee
from marches.consultation import accueil_of, delais_of, reglage_of
from marches.enums import EtatQuestion, MotifEcart, SujetQuestion
from marches.models import Lot, Marche, Question, ReglageQuestions, SuiviQuestions
from marches.notifications import questions as notifications
from marches.rules.questions import peut_repondre
from portal.permissions import Acteur
from portal.templatetags.formats import jour

MOST_WAITING = 20  # of one organisation on one contract


@transaction.atomic
def poser(*, marche: Marche, lot: Lot | None, sujet: SujetQuestion, texte: str, by: Acteur, now: datetime) -> Question:
    """Put a question and follow the answers; ActionRefusee when questions are closed, or too many wait."""
    Marche.objects.select_for_update().only("pk").get(pk=marche.pk)
    if not (accueil := accueil_of(marche, now)).ouvert:
        raise ActionRefusee(accueil.verdict.reason or "Ce marché n'est pas ouvert aux questions.")
    mine = Question.objects.filter(marche=marche, organisation=by.organisation_id, etat=EtatQuestion.ATTENTE)
    if mine.filter(texte=texte).exists():
        raise ActionRefusee("Vous avez déjà posé cette question\u00a0: elle attend sa réponse.")
    if mine.count() >= MOST_WAITING:
        raise ActionRefusee(f"{MOST_WAITING}\u00a0de vos questions attendent déjà une réponse sur ce marché.")
    question = Question.objects.create(
        marche=marche, lot=lot, sujet=sujet, texte=texte, organisation=by.organisation, auteur=by.user
    )
    suivre(marche=marche, by=by)
    notifications.tell_question(question)
    return question


@transaction.atomic
def repondre(*, question: Question, texte_publie: str, reponse: str, by: Acteur, now: datetime) -> Question:
    """Publish the question and its answer to everybody at once, or correct them; ActionRefusee once offers are closed.

    A second person who answers the same question meets a refusal, and nothing is lost of the first answer.
    """
    stored = Question.objects.select_for_update().get(pk=question.pk)
    if stored.etat != question.etat or stored.modifiee_le != question.modifiee_le:
        raise ActionRefusee("Quelqu'un vient de traiter cette question\u00a0: relisez-la avant d'écrire.")
    if stored.etat == EtatQuestion.ECARTEE:
        raise ActionRefusee("Cette question a été écartée\u00a0: elle ne reçoit plus de réponse.")
    marche = Marche.objects.select_related("acheteur__organisation").get(pk=stored.marche_id)
    given = delais_of(marche, reglage_of(marche))
    if given is None or not marche.publie:
        raise ActionRefusee("Ce marché n'a pas de date limite de remise des offres\u00a0: donnez-la d'abord.")
    if (verdict := peut_repondre(given, now)).is_blocking:
        raise ActionRefusee(verdict.reason)
    if stored.repondue_le is None:
        stored.repondue_le = now
    elif (stored.texte_publie, stored.reponse) == (texte_publie, reponse):
        return stored
    else:
        stored.modifiee_le = now
    stored.etat, stored.texte_publie, stored.reponse, stored.par = EtatQuestion.PUBLIEE, texte_publie, reponse, by.user
    stored.save()
    notifications.tell_answer(stored)
    return stored


@transaction.atomic
def ecarter(*, question: Question, motif: MotifEcart, precision: str, by: Acteur, now: datetime) -> Question:
    """Set a question aside: its author alone is told why; ActionRefusee once it was dealt with."""
    stored = Question.objects.select_for_update().get(pk=question.pk)
    if stored.etat != EtatQuestion.ATTENTE:
        raise ActionRefusee("Cette question a déjà été traitée.")
    stored.etat, stored.motif, stored.precision = EtatQuestion.ECARTEE, motif, precision
    stored.ecartee_le, stored.par = now, by.user
    stored.save()
    notifications.tell_refusal(stored)
    return stored


def suivre(*, marche: Marche, by: Acteur, oui: bool = True) -> None:
    """Be told of the answers of a contract, or no more."""
    if oui:
        SuiviQuestions.objects.get_or_create(marche=marche, user=by.user)
    else:
        SuiviQuestions.objects.filter(marche=marche, user=by.user).delete()


@transaction.atomic
def regler(*, marche: Marche, jusqu_au: date | None, urgence: bool, ailleurs: str) -> ReglageQuestions:
    """Say until when and where questions are taken; ActionRefusee for a day that leaves no time to answer."""
    row = reglage_of(marche)
    row.jusqu_au, row.urgence, row.ailleurs = jusqu_au, urgence, ailleurs
    given = delais_of(marche, row)
    if given and jusqu_au and jusqu_au > given.reponse:
        raise ActionRefusee(
            f"Choisissez au plus tard le {jour(given.reponse)}\u00a0: après, il n'est plus temps de répondre à tous."
        )
    row.save()
    return row


@transaction.atomic
def effacer_auteurs(on: date) -> int:
    """Forget who asked, how they wrote it and who followed, `ECHANGES_JOURS` after the deadline; how many questions.

    What was published stays with the contract, what was not is erased. Without a deadline, the day of the question
    counts.
    """
    before = timezone.make_aware(datetime.combine(on - timedelta(days=settings.ECHANGES_JOURS), time.min))
    old = Q(marche__date_limite__lt=before) | Q(marche__date_limite=None, posee_le__lt=before)
    known = ~Q(texte="") | Q(auteur__isnull=False) | Q(organisation__isnull=False)
    published = Question.objects.filter(old, known, etat=EtatQuestion.PUBLIEE)
    erased = published.update(texte="", auteur=None, organisation=None)
    unpublished, _ = Question.objects.filter(old).exclude(etat=EtatQuestion.PUBLIEE).delete()
    SuiviQuestions.objects.filter(
        Q(marche__date_limite__lt=before) | Q(marche__date_limite=None, cree_le__lt=before)
    ).delete()
    return erased + unpublished
