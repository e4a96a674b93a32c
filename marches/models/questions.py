"""Questions that companies put to a buyer during a consultation, with one answer for all."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from marches.enums import EtatQuestion, MotifEcart, SujetQuestion
from marches.models.lots import Lot
from marches.models.marches import Marche
from marches.querysets import QuestionQuerySet
from structures.models import Organisation

LONGEST = 3_000


class ReglageQuestions(models.Model):
    """How a buyer takes questions on one contract; without a row, here, with the usual delays."""

    marche = models.OneToOneField(Marche, on_delete=models.CASCADE, related_name="reglage_questions")
    jusqu_au = models.DateField("dernier jour pour poser une question", null=True, blank=True)
    urgence = models.BooleanField("délai de remise des offres réduit pour urgence", default=False)
    # Where questions are put instead, when it is not here.
    ailleurs = models.URLField("adresse où poser les questions", max_length=500, blank=True)

    class Meta:
        verbose_name = "réglage des questions"
        verbose_name_plural = "réglages des questions"

    def __str__(self) -> str:
        return f"Questions sur {self.marche}"


class Question(models.Model):
    """A question as asked (`texte`) and as published (`texte_publie`), without what would tell who asks.

    `organisation` and `auteur` are for the mail and the limits, never for a page. An answer once published stays; a
    later correction moves `modifiee_le` and everybody is told.
    """

    marche = models.ForeignKey(Marche, on_delete=models.CASCADE, related_name="questions")
    lot = models.ForeignKey(Lot, on_delete=models.SET_NULL, null=True, blank=True, related_name="questions")
    sujet = models.CharField("sujet", max_length=10, choices=SujetQuestion)
    texte = models.TextField("question", max_length=LONGEST)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.SET_NULL, null=True, related_name="questions_posees", editable=False
    )
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    posee_le = models.DateTimeField("posée le", auto_now_add=True)
    etat = models.CharField("état", max_length=8, choices=EtatQuestion, default=EtatQuestion.ATTENTE)
    texte_publie = models.TextField("question publiée", max_length=LONGEST, blank=True)
    reponse = models.TextField("réponse", max_length=LONGEST, blank=True)
    repondue_le = models.DateTimeField("réponse publiée le", null=True, blank=True)
    modifiee_le = models.DateTimeField("réponse corrigée le", null=True, blank=True)
    motif = models.CharField("motif", max_length=10, choices=MotifEcart, blank=True)
    precision = models.CharField("précision", max_length=500, blank=True)
    ecartee_le = models.DateTimeField("écartée le", null=True, blank=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = "question"
        ordering = ["posee_le", "pk"]
        constraints = [
            models.CheckConstraint(
                name="question_etat_complet",
                condition=(
                    Q(etat="attente", repondue_le=None, ecartee_le=None)
                    | (Q(etat="publiee", ecartee_le=None) & ~Q(repondue_le=None) & ~Q(reponse="") & ~Q(texte_publie=""))
                    | (Q(etat="ecartee", repondue_le=None) & ~Q(ecartee_le=None) & ~Q(motif=""))
                ),
                violation_error_message="Une question publiée a sa réponse, une question écartée son motif.",
            )
        ]
        indexes = [models.Index(fields=["etat", "marche"], name="question_etat")]

    def __str__(self) -> str:
        return (self.texte_publie or self.texte)[:80]

    def get_absolute_url(self) -> str:
        return f"{reverse('marches:questions', args=[self.marche_id])}#q{self.pk}"

    @property
    def etat_enum(self) -> EtatQuestion:
        return EtatQuestion(self.etat)


class SuiviQuestions(models.Model):
    """Somebody who asked to be told of the answers of one contract."""

    marche = models.ForeignKey(Marche, on_delete=models.CASCADE, related_name="suivis_questions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    cree_le = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "suivi des questions"
        verbose_name_plural = "suivis des questions"
        constraints = [models.UniqueConstraint(fields=["marche", "user"], name="suivi_questions_unique")]

    def __str__(self) -> str:
        return f"{self.user} suit {self.marche}"
