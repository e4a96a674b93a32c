"""Organisations and the people who act for them."""

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse
from simple_history.models import HistoricalRecords

from portal.permissions import Role
from portal.siret import print_siret, siren_of
from portal.text import sort_key
from structures.enums import TypeIdentifiant
from structures.querysets import ReseauQuerySet

SANS_IDENTIFIANT = "SANS-"  # opens the identifier of a body known by its name and town alone


class Organisation(models.Model):
    """A buyer, a structure, a holder, a facilitator's body, a network: all faces of one identified body.

    `denomination` is empty when unknown: the page then shows the identifier, which is never stored as a name.
    """

    type_identifiant = models.CharField("type d'identifiant", max_length=10, choices=TypeIdentifiant, default="SIRET")
    identifiant = models.CharField("identifiant", max_length=60)
    identifiant_valide = models.BooleanField("identifiant vérifié", default=True, editable=False)
    siren = models.CharField("SIREN", max_length=9, blank=True, db_index=True, editable=False)
    denomination = models.CharField("dénomination", max_length=250, blank=True)
    source_denomination = models.CharField("source de la dénomination", max_length=60, blank=True)
    nom_tri = models.CharField(max_length=250, blank=True, editable=False, db_index=True)
    adresse = models.CharField("adresse", max_length=250, blank=True)
    code_postal = models.CharField("code postal", max_length=10, blank=True)
    commune = models.ForeignKey(
        "structures.Commune", on_delete=models.SET_NULL, null=True, blank=True, related_name="organisations"
    )
    naf = models.CharField("code NAF", max_length=6, blank=True)
    fictive = models.BooleanField("donnée de démonstration", default=False, editable=False)

    history = HistoricalRecords(excluded_fields=["nom_tri"])

    class Meta:
        verbose_name = "organisation"
        ordering = ["nom_tri", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["type_identifiant", "identifiant"], name="organisation_identite"),
            models.CheckConstraint(
                name="organisation_identifiant_requis",
                condition=~Q(identifiant=""),
                violation_error_message="Une organisation a besoin d'un identifiant.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom

    @property
    def nom(self) -> str:
        """The name to show, or the identifier when no name is known."""
        return self.denomination or self.identifiant_affiche

    @property
    def est_sans_identifiant(self) -> bool:
        """A body that a notice names and nobody could identify yet: its identifier only tells names apart."""
        return self.type_identifiant == TypeIdentifiant.AUTRE and self.identifiant.startswith(SANS_IDENTIFIANT)

    @property
    def identifiant_affiche(self) -> str:
        if self.est_sans_identifiant:
            return "publié sans identifiant"
        if self.type_identifiant == TypeIdentifiant.SIRET:
            return f"SIRET {print_siret(self.identifiant)}"
        return f"{self.get_type_identifiant_display()} {self.identifiant}"

    def derive(self) -> "Organisation":
        """Fill the columns that follow from the others; called by `save` and before every bulk write."""
        self.nom_tri = sort_key(self.denomination)[:250]
        self.siren = siren_of(self.identifiant) if self.type_identifiant == TypeIdentifiant.SIRET else ""
        return self

    def save(self, **options):
        self.derive()
        super().save(**options)


class MembreQuerySet(models.QuerySet):
    def active(self):
        return self.filter(actif=True, user__is_active=True)

    def with_genre(self):
        """Annotate `genre`: the kind of an inclusive structure of its organisation, else None."""
        return self.annotate(genre=Subquery(_genres(OuterRef("organisation"))[:1]))


def _genres(organisation):
    from structures.models import Structure

    cards = Structure.objects.filter(organisation=organisation, remplacee_par=None)
    return cards.order_by("pk").values_list("kind", flat=True)


def profil(role: str | None, genre: str | None) -> str:
    """What one acts as: an inclusive structure that was invited as a holder is told as what it is."""
    if role == Role.ENTREPRISE and genre:
        return f"Structure inclusive titulaire ({genre})"
    return str(Role(role).label) if role else ""


def profil_pour(role: str | None, organisation: Organisation) -> str:
    """`profil` of who is invited; one query for a holder."""
    return profil(role, _genres(organisation.pk).first() if role == Role.ENTREPRISE else None)


class Membre(models.Model):
    """A user's place in an organisation: the role they hold there."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membres")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="membres")
    role = models.CharField("rôle", max_length=15, choices=Role)
    actif = models.BooleanField("actif", default=True)
    depuis = models.DateField("depuis", auto_now_add=True)

    objects = MembreQuerySet.as_manager()

    class Meta:
        verbose_name = "membre"
        ordering = [F("organisation__nom_tri"), "role"]
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation", "role"], name="membre_unique"),
            models.CheckConstraint(name="membre_role_connu", condition=Q(role__in=Role.values)),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.organisation} ({self.get_role_display()})"

    @property
    def profil(self) -> str:
        """What its user acts as; exact once read `with_genre`."""
        return profil(self.role, getattr(self, "genre", None))


class Reseau(models.Model):
    """A network of structures; its staff act through its organisation when it has one."""

    nom = models.CharField("nom", max_length=120, unique=True)
    slug = models.SlugField("adresse de la page", max_length=60, unique=True)
    presentation = models.TextField("présentation", blank=True)
    site = models.URLField("site", blank=True)
    organisation = models.OneToOneField(
        Organisation, on_delete=models.SET_NULL, null=True, blank=True, related_name="reseau"
    )

    objects = ReseauQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "réseau"
        verbose_name_plural = "réseaux"
        ordering = ["nom"]

    def __str__(self) -> str:
        return self.nom

    def get_absolute_url(self) -> str:
        return reverse("structures:reseau", kwargs={"slug": self.slug})
