"""What people do with the directory: claim a card, invite, keep lists, write, save a search."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from portal.permissions import Role
from structures.enums import EtatDemande, Sens
from structures.models.organisations import Organisation
from structures.models.structures import Structure
from structures.querysets import EchangeQuerySet, FavoriQuerySet, ListeFavorisQuerySet, RevendicationQuerySet


def new_token() -> str:
    """What nobody can guess: 43 characters."""
    return secrets.token_urlsafe(32)


class Revendication(models.Model):
    """Somebody says a card is theirs; proved by an e-mail address of the structure, or by network staff."""

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="revendications")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="revendications")
    siret = models.CharField("SIRET de la structure", max_length=14)
    courriel = models.EmailField("courriel professionnel")
    fonction = models.CharField("fonction dans la structure", max_length=120, blank=True)
    message = models.TextField("message", max_length=1_000, blank=True)
    etat = models.CharField("état", max_length=12, choices=EtatDemande, default=EtatDemande.A_CONFIRMER)
    jeton = models.CharField(max_length=64, default=new_token, unique=True, editable=False)
    cree_le = models.DateTimeField(auto_now_add=True)
    decidee_le = models.DateTimeField(null=True, blank=True)
    decidee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    motif = models.CharField("motif du refus", max_length=300, blank=True)

    objects = RevendicationQuerySet.as_manager()

    class Meta:
        verbose_name = "revendication"
        ordering = ["-cree_le"]
        constraints = [
            models.UniqueConstraint(
                fields=["structure", "user"],
                condition=Q(etat__in=["a_confirmer", "en_attente"]),
                name="revendication_une_en_cours",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.structure}"


class Invitation(models.Model):
    """A colleague invited by e-mail to join an organisation; the link works once, until `expire_le`."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField("rôle", max_length=15, choices=Role)
    courriel = models.EmailField("courriel")
    jeton = models.CharField(max_length=64, default=new_token, unique=True, editable=False)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    cree_le = models.DateTimeField(auto_now_add=True)
    expire_le = models.DateTimeField()
    acceptee_le = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "invitation"
        ordering = ["-cree_le"]

    def __str__(self) -> str:
        return f"{self.courriel} – {self.organisation}"


class ListeFavoris(models.Model):
    """A named list of structures, shared by the whole organisation of who made it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="listes_favoris")
    nom = models.CharField("nom de la liste", max_length=100)
    note = models.TextField("à quoi elle sert", max_length=1_000, blank=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    cree_le = models.DateTimeField(auto_now_add=True)
    modifiee_le = models.DateTimeField(auto_now=True)

    objects = ListeFavorisQuerySet.as_manager()

    class Meta:
        verbose_name = "liste de favoris"
        verbose_name_plural = "listes de favoris"
        ordering = ["nom", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "nom"],
                name="liste_favoris_unique",
                violation_error_message="Votre organisation a déjà une liste de ce nom.",
            )
        ]

    def __str__(self) -> str:
        return self.nom

    def get_absolute_url(self) -> str:
        return reverse("structures:favoris_liste", kwargs={"pk": self.pk})


class Favori(models.Model):
    liste = models.ForeignKey(ListeFavoris, on_delete=models.CASCADE, related_name="favoris")
    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="favoris")
    note = models.TextField("note", max_length=1_000, blank=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    ajoute_le = models.DateTimeField(auto_now_add=True)

    objects = FavoriQuerySet.as_manager()

    class Meta:
        verbose_name = "favori"
        ordering = ["structure__nom_tri", "pk"]
        constraints = [models.UniqueConstraint(fields=["liste", "structure"], name="favori_unique")]

    def __str__(self) -> str:
        return str(self.structure)


class Echange(models.Model):
    """A conversation between an organisation and a structure, relayed by the portal: no address is ever shown.

    `jeton` lets a structure without account answer from the link of the message; all is erased on `a_effacer_le`.
    """

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="echanges")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="echanges")
    sujet = models.CharField("objet", max_length=150)
    jeton = models.CharField(max_length=64, default=new_token, unique=True, editable=False)
    cree_le = models.DateTimeField(auto_now_add=True)
    dernier_le = models.DateTimeField(auto_now_add=True)
    a_effacer_le = models.DateField("à effacer le")
    ferme_le = models.DateTimeField("fermé par la structure le", null=True, blank=True)

    objects = EchangeQuerySet.as_manager()

    class Meta:
        verbose_name = "échange"
        ordering = ["-dernier_le", "-pk"]

    def __str__(self) -> str:
        return self.sujet

    def get_absolute_url(self) -> str:
        return reverse("structures:echange", kwargs={"pk": self.pk})

    def received_by(self, acteur) -> Sens:
        """The way of the messages that `acteur`, a member of one of the two organisations, receives."""
        mine = acteur.organisation_id == self.organisation_id
        return Sens.VERS_ACHETEUR if mine else Sens.VERS_STRUCTURE


class MessageEchange(models.Model):
    echange = models.ForeignKey(Echange, on_delete=models.CASCADE, related_name="messages")
    sens = models.CharField(max_length=15, choices=Sens)
    texte = models.TextField("message", max_length=5_000)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    cree_le = models.DateTimeField(auto_now_add=True)
    lu_le = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "message"
        ordering = ["cree_le", "pk"]

    def __str__(self) -> str:
        return f"{self.get_sens_display()}, {self.cree_le:%d/%m/%Y}"


class RechercheEnregistree(models.Model):
    """A search of the directory kept by a user, who is written to when a structure newly answers it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recherches")
    nom = models.CharField("nom", max_length=120)
    parametres = models.CharField("critères", max_length=2_000)
    alerte = models.BooleanField("m'écrire quand une structure nouvelle répond", default=True)
    connues = models.JSONField(default=list, editable=False)  # keys of the structures already told
    cree_le = models.DateTimeField(auto_now_add=True)
    verifiee_le = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "recherche enregistrée"
        verbose_name_plural = "recherches enregistrées"
        ordering = ["nom", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "parametres"], name="recherche_unique")]

    def __str__(self) -> str:
        return self.nom
