"""Questions of a consultation, as pages show them: where to ask, until when, what was answered."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from marches.enums import EtatQuestion
from marches.models import Lot, Marche, Question, ReglageQuestions
from marches.notifications.destinataires import membres_de
from marches.rules.questions import Delais, delais, peut_demander
from portal.text import fold
from portal.verdict import Verdict

PREVIEW = 3  # answers shown on the page of a contract or of a lot


@dataclass(frozen=True)
class Accueil:
    """Where questions on a contract go at a moment.

    `delais` is None without a deadline. `ailleurs`: an address that the buyer gave. `sans_lecteur`: the buyer has no
    account here, so that a question would wait for ever. `verdict` says why no question may be asked any more.
    """

    delais: Delais | None
    verdict: Verdict
    ailleurs: str = ""
    sans_lecteur: bool = False

    @property
    def ouvert(self) -> bool:
        return self.delais is not None and self.verdict.is_ok and not self.ailleurs and not self.sans_lecteur


def reglage_of(marche: Marche) -> ReglageQuestions:
    """How its buyer takes questions; a row not saved while nothing was said."""
    return ReglageQuestions.objects.filter(marche=marche.pk).first() or ReglageQuestions(marche=marche)


def delais_of(marche: Marche, reglage: ReglageQuestions) -> Delais | None:
    if marche.date_limite is None:
        return None
    return delais(
        marche.date_limite,
        marche.date_lancement,
        jusqu_au=reglage.jusqu_au,
        urgence=reglage.urgence,
        adaptee="adaptee" in fold(marche.procedure),
    )


def accueil_of(marche: Marche, now: datetime) -> Accueil:
    """Where its questions go; two queries at most."""
    reglage = reglage_of(marche)
    given = delais_of(marche, reglage)
    if given is None or not marche.publie:
        return Accueil(None, Verdict.ok())
    verdict = peut_demander(given, now)
    asks = verdict.is_ok and not reglage.ailleurs
    return Accueil(given, verdict, reglage.ailleurs, asks and not membres_de(marche.acheteur).exists())


@dataclass(frozen=True)
class Apercu:
    """What the page of a contract or of a lot says of its questions."""

    accueil: Accueil
    dernieres: list[Question]
    publiees: int
    attendues: int


def apercu(marche: Marche, now: datetime, lot: Lot | None = None) -> Apercu | None:
    """None when there is nothing to ask nor to read; four queries at most, none without a deadline."""
    if marche.date_limite is None or not marche.publie:
        return None
    rows = Question.objects.filter(marche=marche.pk)
    if lot is not None:
        rows = rows.filter(Q(lot=lot.pk) | Q(lot=None))
    published = rows.published().select_related("lot").order_by("-repondue_le", "-pk")
    latest = list(published[: PREVIEW + 1])
    if not latest and marche.date_limite < now:
        return None
    count = published.count() if len(latest) > PREVIEW else len(latest)
    open_now = marche.date_limite >= now
    waiting = rows.filter(etat=EtatQuestion.ATTENTE).count() if open_now else 0
    return Apercu(accueil_of(marche, now), latest[:PREVIEW], count, waiting)
