"""Bodies that follow social clauses on a territory, and where to turn where there is none."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from clauses.enums import GenreRelais, NatureFacilitateur
from clauses.querysets import DemandeFacilitateurQuerySet, FacilitateurQuerySet, RelaisQuerySet
from structures.models import Commune, Organisation, Zone


class Facilitateur(models.Model):
    """A body that follows social clauses on a territory (maison de l'emploi, PLIE, collectivité…)."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="facilitateur")
    zone = models.ForeignKey(Zone, on_delete=models.SET_NULL, null=True, blank=True, related_name="facilitateurs")
    guichet_unique = models.BooleanField("guichet unique du territoire", default=False)
    courriel = models.EmailField("courriel public", blank=True)
    telephone = models.CharField("téléphone public", max_length=20, blank=True)
    site = models.URLField("site", blank=True)
    nature = models.CharField("nature", max_length=14, choices=NatureFacilitateur, blank=True)
    presentation = models.TextField("présentation", blank=True)
    prefixe = models.CharField("préfixe des codes de personnes", max_length=6, unique=True)

    objects = FacilitateurQuerySet.as_manager()

    class Meta:
        verbose_name = "facilitateur"
        ordering = ["organisation__nom_tri"]

    def __str__(self) -> str:
        return str(self.organisation)

    def get_absolute_url(self) -> str:
        return reverse("clauses:facilitateur", kwargs={"pk": self.pk})


class Relais(models.Model):
    """Where to turn where no facilitator covers a place, and private experts, always shown apart."""

    genre = models.CharField("genre", max_length=16, choices=GenreRelais)
    nom = models.CharField("nom", max_length=200)
    organisation = models.ForeignKey(Organisation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    zone = models.ForeignKey(Zone, on_delete=models.SET_NULL, null=True, blank=True, related_name="relais")
    presentation = models.TextField("présentation", blank=True)
    site = models.URLField("site", blank=True)
    courriel = models.EmailField("courriel public", blank=True)
    telephone = models.CharField("téléphone public", max_length=20, blank=True)
    publie = models.BooleanField("visible de tous", default=True)
    fictif = models.BooleanField("donnée de démonstration", default=False, editable=False)

    objects = RelaisQuerySet.as_manager()

    class Meta:
        verbose_name = "relais"
        verbose_name_plural = "relais"
        ordering = ["genre", "nom", "pk"]

    def __str__(self) -> str:
        return self.nom

    @property
    def est_prive(self) -> bool:
        """Private experts are not a public service: pages show them apart."""
        return self.genre == GenreRelais.EXPERT


class DemandeFacilitateur(models.Model):
    """A question put to a facilitator through the portal; erased six months after it was closed."""

    facilitateur = models.ForeignKey(Facilitateur, on_delete=models.CASCADE, related_name="demandes")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    courriel = models.EmailField("votre courriel")
    commune = models.ForeignKey(Commune, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    objet = models.CharField("objet", max_length=150)
    texte = models.TextField("message", max_length=4_000)
    cree_le = models.DateTimeField(auto_now_add=True)
    traitee_le = models.DateTimeField("traitée le", null=True, blank=True)
    a_effacer_le = models.DateField("à effacer le", db_index=True)

    objects = DemandeFacilitateurQuerySet.as_manager()

    class Meta:
        verbose_name = "demande à un facilitateur"
        verbose_name_plural = "demandes aux facilitateurs"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="demande_facilitateur_ecrite",
                condition=~Q(texte=""),
                violation_error_message="Écrivez votre message.",
            )
        ]

    def __str__(self) -> str:
        return self.objet
