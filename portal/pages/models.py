"""Success stories, their pictures and key figures."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from marches.models import Lot, Marche
from portal import photos
from portal.pages.querysets import CharteQuerySet, TemoignageQuerySet
from portal.search import RacinesMixin
from portal.text import slugify_fr
from structures.models import Departement, Organisation, Structure, Zone


class Temoignage(RacinesMixin):
    class Statut(models.TextChoices):
        BROUILLON = "brouillon", "Brouillon"
        RELU = "relu", "Relu"
        PUBLIE = "publie", "Publié"

    class Audience(models.TextChoices):
        PUBLIC = "public", "Tout public"
        ADHERENTS = "adherents", "Personnes connectées"

    titre = models.CharField("titre", max_length=160)
    # Empty in a draft only: `rules.missing_to_publish`.
    chapeau = models.CharField("résumé", max_length=400, blank=True)
    corps = models.TextField("récit", blank=True)
    fonction_interviewee = models.CharField("fonction de la personne interrogée", max_length=150, blank=True)
    date_entretien = models.DateField("date de l'entretien", null=True, blank=True)
    auteur = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="temoignages", verbose_name="publié par"
    )
    structures = models.ManyToManyField(Structure, blank=True, related_name="temoignages", verbose_name="structures")
    marches = models.ManyToManyField(Marche, blank=True, related_name="temoignages", verbose_name="marchés")
    lots = models.ManyToManyField(Lot, blank=True, related_name="temoignages", verbose_name="lots")
    audience = models.CharField("audience", max_length=10, choices=Audience, default=Audience.PUBLIC)
    statut = models.CharField("statut", max_length=10, choices=Statut, default=Statut.BROUILLON)
    publie_le = models.DateField("publié le", null=True, blank=True)
    source = models.CharField("source", max_length=250, blank=True)
    fictif = models.BooleanField("donnée de démonstration", default=False, editable=False)
    cree_le = models.DateTimeField(auto_now_add=True)
    modifie_le = models.DateTimeField(auto_now=True)

    objects = TemoignageQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["racines"])

    class Meta:
        verbose_name = "témoignage"
        ordering = [models.F("publie_le").desc(nulls_last=True), "-pk"]
        constraints = [
            models.CheckConstraint(
                name="temoignage_publie_date",
                condition=~Q(statut="publie") | Q(publie_le__isnull=False),
                violation_error_message="Un témoignage publié a une date de publication.",
            )
        ]

    def __str__(self) -> str:
        return self.titre

    @property
    def slug(self) -> str:
        return slugify_fr(self.titre) or "temoignage"

    def asks_to_sign_in(self, acteur) -> bool:
        """Whether this published story is closed to `acteur`, a visitor, until they sign in."""
        return acteur.is_visitor and self.audience == self.Audience.ADHERENTS

    def get_absolute_url(self) -> str:
        return reverse("pages:temoignage", kwargs={"pk": self.pk, "slug": self.slug})


class Photo(photos.Photo):
    """A picture of a story."""

    temoignage = models.ForeignKey(Temoignage, on_delete=models.CASCADE, related_name="photos")
    image, vignette = photos.files_in("temoignages")

    PARENT = "temoignage"

    class Meta(photos.Photo.Meta):
        verbose_name = "photo"


class ChiffreCle(models.Model):
    """A figure of a story: nothing without its period and its source."""

    class Origine(models.TextChoices):
        CALCULE = "calcule", "Calculé par le portail"
        DECLARE = "declare", "Déclaré"

    temoignage = models.ForeignKey(Temoignage, on_delete=models.CASCADE, related_name="chiffres")
    libelle = models.CharField("libellé", max_length=150)
    valeur = models.CharField("valeur", max_length=40)
    unite = models.CharField("unité", max_length=40, blank=True)
    periode = models.CharField("période", max_length=80)
    source = models.CharField("source", max_length=200)
    origine = models.CharField("origine", max_length=8, choices=Origine, default=Origine.DECLARE)
    a_verifier = models.BooleanField("à vérifier", default=False)
    rang = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "chiffre clé"
        verbose_name_plural = "chiffres clés"
        ordering = ["rang", "pk"]

    def __str__(self) -> str:
        return f"{self.libelle}\u00a0: {self.valeur}"


class Charte(models.Model):
    """A charter on social clauses or responsible purchasing: who signed it, what they committed to, where it holds."""

    nom = models.CharField("nom", max_length=200)
    presentation = models.TextField("présentation", max_length=4_000, blank=True)
    engagements = models.TextField("engagements", max_length=6_000)  # one a line
    lien = models.URLField("adresse du texte", max_length=500, blank=True)
    # Years: of most charters no more is known, and no more is needed.
    annee = models.PositiveSmallIntegerField("année d'adoption")
    fin = models.PositiveSmallIntegerField("dernière année", null=True, blank=True)
    zone = models.ForeignKey(
        Zone, on_delete=models.SET_NULL, null=True, blank=True, related_name="chartes", verbose_name="territoire"
    )
    # The network that keeps the page.
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="chartes")
    publiee = models.BooleanField("visible de tous", default=False)
    fictive = models.BooleanField("donnée de démonstration", default=False, editable=False)
    modifiee_le = models.DateTimeField(auto_now=True)

    objects = CharteQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "charte"
        ordering = ["-annee", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="charte_annees_ordonnees",
                condition=Q(fin=None) | Q(fin__gte=models.F("annee")),
                violation_error_message="La fin de la charte ne peut précéder son adoption.",
            )
        ]

    def __str__(self) -> str:
        return self.nom

    def get_absolute_url(self) -> str:
        return reverse("pages:charte", kwargs={"pk": self.pk})

    @property
    def liste_engagements(self) -> list[str]:
        return [line for line in (each.strip() for each in self.engagements.splitlines()) if line]


class SignataireCharte(models.Model):
    """A body that signed a charter, under the name it signed with."""

    class Nature(models.TextChoices):
        COLLECTIVITE = "collectivite", "Collectivité"
        ETAT = "etat", "État et ses établissements"
        ACHETEUR = "acheteur", "Autre acheteur\u00a0: bailleur, hôpital, opérateur"
        FEDERATION = "federation", "Fédération patronale ou branche"
        CONSULAIRE = "consulaire", "Chambre consulaire"
        EMPLOI = "emploi", "Maison de l'emploi, PLIE, mission locale, France Travail"
        RESEAU = "reseau", "Réseau de structures inclusives"
        SYNDICAT = "syndicat", "Organisation syndicale"
        ENTREPRISE = "entreprise", "Entreprise"
        AUTRE = "autre", "Autre signataire"

    charte = models.ForeignKey(Charte, on_delete=models.CASCADE, related_name="signataires")
    nom = models.CharField("nom", max_length=200)
    nature = models.CharField("nature", max_length=12, choices=Nature)
    departement = models.ForeignKey(
        Departement, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="département"
    )
    signe_le = models.DateField("signée le", null=True, blank=True)

    class Meta:
        verbose_name = "signataire"
        ordering = ["nom", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["charte", "nom"], name="signataire_charte_unique",
                violation_error_message="Ce signataire est déjà dans la liste.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.nom
