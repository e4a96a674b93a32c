"""The tables of the ground floor: users, messages sent, files imported."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower


class UserManager(BaseUserManager["User"]):
    """Makes users from an e-mail address, always stored in lower case."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        if not email:
            raise ValueError("Une adresse électronique est nécessaire.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, **fields | {"is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address; what they may do comes from their memberships."""

    email = models.EmailField("adresse électronique", unique=True)
    fonction = models.CharField("fonction", max_length=120, blank=True)
    is_active = models.BooleanField("compte ouvert", default=True)
    is_staff = models.BooleanField("accès à l'arrière-guichet", default=False)
    date_joined = models.DateTimeField("inscription", auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = "compte"
        verbose_name_plural = "comptes"
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_sans_casse")]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """What to call this person: no name is stored, so their function, else their address."""
        return self.fonction or self.email

    get_short_name = get_full_name


class Envoi(models.Model):
    """One message to one recipient. SMTP cannot promise « exactly once »: what was in flight shows as uncertain."""

    class Etat(models.TextChoices):
        A_ENVOYER = "a_envoyer", "à envoyer"
        EN_COURS = "en_cours", "envoi incertain"
        ENVOYE = "envoye", "envoyé"
        INCERTAIN = "incertain", "incertain"
        ECHEC = "echec", "échec"

    cle = models.CharField("clé du message", max_length=200)
    destinataire = models.EmailField("destinataire")
    sujet = models.CharField("sujet", max_length=250)
    texte = models.TextField("texte")
    html = models.TextField("texte mis en forme", blank=True)
    etat = models.CharField("état", max_length=10, choices=Etat, default=Etat.A_ENVOYER)
    erreur = models.CharField("erreur", max_length=500, blank=True)
    cree_le = models.DateTimeField("créé le", auto_now_add=True)
    envoye_le = models.DateTimeField("envoyé le", null=True, blank=True)

    class Meta:
        verbose_name = "envoi"
        ordering = ["-cree_le", "-pk"]
        constraints = [models.UniqueConstraint(fields=["cle", "destinataire"], name="envoi_unique")]

    def __str__(self) -> str:
        return f"{self.sujet} → {self.destinataire}"


class Importation(models.Model):
    """One file read by one import, with its whole report.

    A long import writes batch by batch: `position` records of `total` are in, and `rapport` is of these. `empreinte` is
    the SHA-256 of the unpacked file, by which an import that was cut short is found again and goes on.
    """

    class Etat(models.TextChoices):
        EN_COURS = "en_cours", "En cours"
        TERMINEE = "terminee", "Terminé"
        REFUSEE = "refusee", "Refusé"
        ANNULEE = "annulee", "Annulé"

    format = models.CharField("format", max_length=30)
    fichier = models.CharField("fichier", max_length=200)
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name="lancée par"
    )
    commencee_le = models.DateTimeField("commencée le", auto_now_add=True)
    terminee_le = models.DateTimeField("terminée le", null=True, blank=True)
    rapport = models.JSONField("rapport", default=dict, blank=True)
    empreinte = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    total = models.PositiveIntegerField("enregistrements du fichier", null=True, blank=True)
    position = models.PositiveIntegerField("enregistrements lus", default=0)
    annulee_le = models.DateTimeField("annulée le", null=True, blank=True)

    class Meta:
        verbose_name = "importation"
        ordering = ["-commencee_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="importation_position",
                condition=models.Q(total=None) | models.Q(position__lte=models.F("total")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fichier} ({self.format})"

    @property
    def etat(self) -> Etat:
        if self.annulee_le or "annulation" in self.rapport:
            return self.Etat.ANNULEE
        if "echec" in self.rapport:
            return self.Etat.REFUSEE
        return self.Etat.TERMINEE if self.terminee_le else self.Etat.EN_COURS

    @property
    def pourcentage(self) -> int:
        """How much of the file is in, from 0 to 100."""
        return 100 * self.position // self.total if self.total else 100 if self.terminee_le else 0


class EnregistrementSource(models.Model):
    """What one file said of one object. The object shows the fold of its records in order of publication.

    `cle` names the record inside its format, `empreinte` is the SHA-256 of `donnees`: the same record read again is
    recognised without a write. Each floor has its own concrete table, with a foreign key to the object.
    """

    importation = models.ForeignKey(Importation, on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=30)
    cle = models.CharField(max_length=200)
    empreinte = models.CharField(max_length=64)
    publie_le = models.DateField(null=True, blank=True)
    donnees = models.JSONField()

    class Meta:
        abstract = True


class Depot(models.Model):
    """A file kept between the steps of an import (columns, preview, confirmation).

    In the database, so that every server sees it. `usage` names the import; `choix` holds what was answered so far.
    Erased once used, or a day later.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="depots")
    usage = models.CharField(max_length=40)
    nom = models.CharField("nom du fichier", max_length=200)
    contenu = models.BinaryField()
    choix = models.JSONField(default=dict, blank=True)
    cree_le = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "dépôt de fichier"
        verbose_name_plural = "dépôts de fichiers"
        ordering = ["-cree_le"]

    def __str__(self) -> str:
        return self.nom
