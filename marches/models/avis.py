"""Published notices, chained by procedure; what their files said; the parties they name without an identifier.

Contact persons (names, e-mail addresses, telephone numbers) are dropped while reading: no table here may hold any.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from marches.enums import FormatAvis, NatureAvis, RolePartie
from marches.models.acheteurs import Acheteur
from marches.models.marches import Marche
from marches.querysets import AvisQuerySet, PartieQuerySet
from portal.models import EnregistrementSource
from structures.models import Organisation


class Avis(models.Model):
    """One published notice, whatever the number of files that carry it.

    `cle` is its number in the Official Journal (« 497881-2021 »), else its own identifier and version. `dossier` is
    shared by the notices of one procedure, in any order of arrival.
    """

    cle = models.CharField(max_length=120, unique=True, editable=False)
    dossier = models.CharField(max_length=120, db_index=True, editable=False)
    format = models.CharField("format", max_length=10, choices=FormatAvis)
    identifiant = models.CharField("identifiant de l'avis", max_length=60, blank=True)
    version = models.CharField("version", max_length=10, blank=True)
    numero = models.CharField("numéro de publication", max_length=60, blank=True)
    procedure = models.CharField("identifiant de la procédure (BT-04)", max_length=60, blank=True)
    formulaire = models.CharField("formulaire", max_length=30, blank=True)
    nature = models.CharField("nature", max_length=14, choices=NatureAvis)
    publie_le = models.DateField("publié le", null=True, blank=True)
    envoye_le = models.DateField("envoyé le", null=True, blank=True)
    # The moment, and the offset as the file wrote it (« +02:00 »), empty when the file gave none: then Paris time.
    date_limite = models.DateTimeField("date limite de remise", null=True, blank=True)
    fuseau = models.CharField("fuseau de la date limite", max_length=6, blank=True)
    limite_sans_heure = models.BooleanField("date limite donnée sans heure", default=False)
    titre = models.CharField("titre", max_length=1000, blank=True)
    acheteur = models.ForeignKey(Acheteur, on_delete=models.SET_NULL, null=True, blank=True, related_name="avis")
    acheteur_nom = models.CharField("acheteur tel que publié", max_length=500, blank=True)
    nombre_lots = models.PositiveIntegerField("nombre de lots", default=0)
    modifie = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="rectificatifs",
        verbose_name="modifie l'avis",
    )
    # Codes between spaces, « 14 50 », ends included: where its lots are performed; « FR » for the whole country.
    departements = models.CharField("départements", max_length=500, blank=True)
    texte_social = models.TextField("dispositions sociales trouvées", blank=True)
    marche = models.ForeignKey(Marche, on_delete=models.SET_NULL, null=True, blank=True, related_name="avis")
    url = models.URLField("adresse de l'avis", max_length=500, blank=True)
    url_documents = models.URLField("adresse des documents", max_length=500, blank=True)
    fictif = models.BooleanField("donnée de démonstration", default=False, editable=False)
    cree_le = models.DateTimeField(auto_now_add=True)

    objects = AvisQuerySet.as_manager()

    class Meta:
        verbose_name = "avis"
        verbose_name_plural = "avis"
        ordering = ["-publie_le", "-pk"]
        indexes = [
            models.Index(fields=["-publie_le", "-id"], name="avis_recents"),
            models.Index(fields=["nature", "date_limite"], name="avis_limite"),
        ]

    def __str__(self) -> str:
        return self.titre or self.cle

    def get_absolute_url(self) -> str:
        return reverse("marches:avis_detail", kwargs={"pk": self.pk})


class JetonAvis(models.Model):
    """What a notice is known by, or names: its number, its identifier, its procedure, the notices it follows.

    Two notices that share one are of the same procedure.
    """

    avis = models.ForeignKey(Avis, on_delete=models.CASCADE, related_name="jetons")
    jeton = models.CharField(max_length=120, db_index=True)

    class Meta:
        verbose_name = "jeton d'avis"
        verbose_name_plural = "jetons d'avis"
        constraints = [models.UniqueConstraint(fields=["avis", "jeton"], name="jeton_avis_unique")]

    def __str__(self) -> str:
        return self.jeton


class SourceAvis(EnregistrementSource):
    """What one file said of one notice, contact persons left out."""

    avis = models.ForeignKey(Avis, on_delete=models.CASCADE, related_name="sources")

    class Meta:
        verbose_name = "enregistrement source d'un avis"
        verbose_name_plural = "enregistrements sources des avis"
        constraints = [models.UniqueConstraint(fields=["format", "cle", "empreinte"], name="source_avis_unique")]
        indexes = [models.Index(fields=["format", "cle"], name="source_avis_cle")]

    def __str__(self) -> str:
        return f"{self.format} {self.cle}"


class PartieARapprocher(models.Model):
    """A body that a notice names without an identifier: it stays a text until a person says which organisation it is.

    `cle` is its folded name and town: what was accepted once holds for each party with the same one. `lots` are the
    numbers of the lots it holds, empty for a buyer.
    """

    avis = models.ForeignKey(Avis, on_delete=models.CASCADE, related_name="parties")
    role = models.CharField("rôle", max_length=13, choices=RolePartie)
    nom = models.CharField("nom", max_length=500)
    ville = models.CharField("ville", max_length=150, blank=True)
    code_postal = models.CharField("code postal", max_length=20, blank=True)
    siren = models.CharField("SIREN publié", max_length=9, blank=True)  # of the company: it says no establishment
    cle = models.CharField(max_length=300, db_index=True, editable=False)
    lots = models.JSONField(default=list, blank=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.SET_NULL, null=True, blank=True, related_name="parties_rapprochees"
    )
    laissee_en_texte = models.BooleanField("laissée en texte", default=False)
    traitee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    traitee_le = models.DateTimeField("traitée le", null=True, blank=True)

    objects = PartieQuerySet.as_manager()

    class Meta:
        verbose_name = "partie à rapprocher"
        verbose_name_plural = "parties à rapprocher"
        ordering = ["nom", "ville", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["avis", "role", "cle"], name="partie_unique"),
            models.CheckConstraint(
                name="partie_une_reponse",
                condition=Q(organisation=None) | Q(laissee_en_texte=False),
                violation_error_message="Une partie est rapprochée ou laissée en texte, pas les deux.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nom} ({self.ville})" if self.ville else self.nom
