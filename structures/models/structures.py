"""The cards of the directory: structures, their activities, what the source files said of them."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from portal.models import EnregistrementSource
from portal.search import RacinesMixin
from portal.text import slugify_fr, sort_key
from structures.enums import Kind, Mode, Origine, RolePrefere
from structures.models.organisations import Organisation, Reseau
from structures.models.secteurs import Secteur
from structures.models.territoires import Commune, Departement
from structures.models.zones import Zone
from structures.querysets import GroupeEconomiqueQuerySet, StructureQuerySet
from structures.rules import HANDICAP, SIAE

KIND_TONES = {kind.value: "handicap" for kind in HANDICAP} | {kind.value: "insertion" for kind in SIAE | {Kind.GEIQ}}


class GroupeEconomique(models.Model):
    """GES: several legal entities under one project; each still bids under its own kind."""

    nom = models.CharField("nom", max_length=120, unique=True)
    presentation = models.TextField("présentation", blank=True)
    moyens_partages = models.TextField("moyens et postes partagés", blank=True)
    site = models.URLField("site", blank=True)

    objects = GroupeEconomiqueQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "groupe économique solidaire"
        verbose_name_plural = "groupes économiques solidaires"
        ordering = ["nom"]

    def __str__(self) -> str:
        return self.nom

    @property
    def slug(self) -> str:
        return slugify_fr(self.nom) or "groupe"

    def get_absolute_url(self) -> str:
        return reverse("structures:groupe", kwargs={"pk": self.pk, "slug": self.slug})


class Structure(RacinesMixin):
    """One kind of inclusive activity of one establishment.

    Identity: (organisation, kind, identifiant_source). One SIRET can be EI *and* ACI; 24 SIRET are shared by 52 ESAT
    sites told apart by their FINESS number; 76 ESAT have no SIRET, so no organisation.
    Place columns repeat the commune's, because the search filters and sorts on them.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="structures"
    )
    kind = models.CharField("type", max_length=4, choices=Kind)
    identifiant_source = models.CharField("identifiant dans la source (FINESS…)", max_length=40, blank=True)
    nom = models.CharField("nom", max_length=250)
    enseigne = models.CharField("enseigne", max_length=250, blank=True)
    nom_tri = models.CharField(max_length=250, editable=False)
    description = models.TextField("description", blank=True)

    adresse = models.CharField("adresse", max_length=250, blank=True)
    code_postal = models.CharField("code postal", max_length=10, blank=True)
    ville = models.CharField("ville", max_length=100, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, null=True, blank=True, related_name="structures")
    departement = models.ForeignKey(
        Departement, on_delete=models.PROTECT, null=True, blank=True, related_name="structures"
    )
    latitude = models.FloatField("latitude", null=True, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)

    courriel = models.EmailField("courriel public", blank=True)
    telephone = models.CharField("téléphone public", max_length=30, blank=True)
    site = models.URLField("site", max_length=300, blank=True)

    convention_debut = models.DateField("début de convention ou d'agrément", null=True, blank=True)
    convention_fin = models.DateField("fin de convention ou d'agrément", null=True, blank=True)
    departements_convention = models.CharField("départements de convention", max_length=200, blank=True)
    capacite = models.PositiveIntegerField("capacité (places)", null=True, blank=True)
    effectif = models.PositiveIntegerField("effectif", null=True, blank=True)
    part_marches_publics = models.PositiveSmallIntegerField(
        "part du chiffre d'affaires avec des acheteurs publics (%)", null=True, blank=True
    )
    annee_part = models.PositiveSmallIntegerField("année de cette part", null=True, blank=True)
    effectif_parcours = models.PositiveIntegerField(
        "dont salariés en parcours ou travailleurs handicapés", null=True, blank=True
    )
    chiffre_affaires = models.DecimalField(
        "chiffre d'affaires (€ HT)", max_digits=14, decimal_places=2, null=True, blank=True
    )
    annee_chiffre_affaires = models.PositiveSmallIntegerField("année du chiffre d'affaires", null=True, blank=True)
    annee_creation = models.PositiveSmallIntegerField("année de création", null=True, blank=True)
    role_prefere = models.CharField("rôle préféré dans un marché", max_length=15, choices=RolePrefere, blank=True)
    # Bit 0 is January: `mois_creux & mask` is the same on both engines, a list in JSON is not.
    mois_creux = models.PositiveSmallIntegerField("mois de faible activité", default=0)
    formes_commande_publique = models.PositiveSmallIntegerField(
        "personnes formées à la commande publique", null=True, blank=True
    )
    delai_reponse_jours = models.PositiveSmallIntegerField("délai de réponse habituel (jours)", null=True, blank=True)
    # None: not known. ZRR became « France ruralités revitalisation » on 1 July 2024 (loi 2023-1322, art. 73).
    siege_qpv = models.BooleanField("siège en quartier prioritaire (QPV)", null=True, blank=True)
    siege_zrr = models.BooleanField("siège en zone de revitalisation rurale (ZRR, FRR)", null=True, blank=True)
    logo = models.ImageField("logo", upload_to="structures/logos/", blank=True)

    reseaux = models.ManyToManyField(Reseau, blank=True, related_name="structures", verbose_name="réseaux")
    groupe = models.ForeignKey(
        GroupeEconomique, on_delete=models.SET_NULL, null=True, blank=True, related_name="structures"
    )
    remplacee_par = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="remplace", verbose_name="remplacée par"
    )
    # Facts written by upper floors, so that this floor can filter on them.
    a_cotraite = models.BooleanField("a déjà cotraité", default=False, editable=False)
    titulaire_depuis = models.DateField("titulaire d'un marché depuis", null=True, blank=True, editable=False)
    titulaire_jusqu_au = models.DateField("dernière fin de marché connue", null=True, blank=True, editable=False)
    # Computed by `structures.search_index.reindex`, called by whoever writes a card; `rang` orders the directory.
    completude = models.PositiveSmallIntegerField("complétude (%)", default=0, editable=False)
    rang = models.PositiveSmallIntegerField(default=0, editable=False)
    # Block → ISO day on which a person last typed or confirmed it.
    blocs_saisis = models.JSONField("dates des blocs saisis", default=dict, blank=True, editable=False)
    verifiee_le = models.DateField("vérifiée par la structure le", null=True, blank=True, editable=False)

    champs_saisis = models.JSONField("champs saisis par une personne", default=list, blank=True, editable=False)
    source = models.CharField("source", max_length=120, blank=True)
    donnees_du = models.DateField("date des données", null=True, blank=True)
    publiee = models.BooleanField("visible dans l'annuaire", default=True)
    fictive = models.BooleanField("donnée de démonstration", default=False, editable=False)
    creee_le = models.DateTimeField(auto_now_add=True)
    modifiee_le = models.DateTimeField(auto_now=True)

    objects = StructureQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["racines", "nom_tri", "rang"])

    class Meta:
        verbose_name = "structure"
        ordering = ["nom_tri", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "kind", "identifiant_source"], name="structure_identite"),
            models.UniqueConstraint(
                fields=["kind", "identifiant_source"],
                condition=Q(organisation=None),
                name="structure_identite_sans_siret",
            ),
            models.CheckConstraint(
                name="structure_identifiee",
                condition=Q(organisation__isnull=False) | ~Q(identifiant_source=""),
                violation_error_message="Sans SIRET, la structure a besoin d'un identifiant de source (FINESS…).",
            ),
            models.CheckConstraint(name="structure_type_connu", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="structure_mois_creux",
                condition=Q(mois_creux__lte=4095),
                violation_error_message="Les mois de faible activité sont douze au plus.",
            ),
            models.CheckConstraint(
                name="structure_part_bornee",
                condition=Q(part_marches_publics=None) | Q(part_marches_publics__lte=100),
                violation_error_message="La part va de 0 à 100\u00a0%%.",
            ),
            models.CheckConstraint(
                name="structure_convention_ordonnee",
                condition=Q(convention_debut=None)
                | Q(convention_fin=None)
                | Q(convention_fin__gte=models.F("convention_debut")),
                violation_error_message="La fin de convention ne peut précéder son début.",
            ),
        ]
        indexes = [
            # What the directory shows (`listed`), counted and put in its two usual orders without reading the rows.
            models.Index(
                fields=["nom_tri", "id"], name="structure_annuaire", condition=Q(publiee=True, remplacee_par=None)
            ),
            models.Index(
                fields=["-rang", "nom_tri", "id"],
                name="structure_pertinence",
                condition=Q(publiee=True, remplacee_par=None),
            ),
            # What orders a list of keys already found, read off the index too.
            models.Index(
                fields=["id", "rang", "nom_tri", "latitude", "longitude"],
                name="structure_recherche",
                condition=Q(publiee=True, remplacee_par=None),
            ),
            models.Index(fields=["latitude", "longitude"], name="structure_position"),
            # The seats around a place and what orders them: a search by distance reads this and not the rows.
            models.Index(
                fields=["latitude", "longitude", "nom_tri", "id"],
                name="structure_autour",
                condition=Q(publiee=True, remplacee_par=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nom} ({self.kind})"

    @property
    def slug(self) -> str:
        return slugify_fr(self.nom) or "structure"

    @property
    def tone(self) -> str:
        """The colour family of its kind, for badges: « handicap », « insertion » or « generic »."""
        return KIND_TONES.get(self.kind, "generic")

    def get_absolute_url(self) -> str:
        return reverse("structures:detail", kwargs={"pk": self.pk, "slug": self.slug})

    def derive(self) -> "Structure":
        """Fill the columns that follow from the others; `racines` is left to `reindex`, which reads activities too."""
        self.nom_tri = sort_key(self.nom)[:250]
        if self.commune_id and not self.departement_id:
            self.departement_id = self.commune.departement_id
        return self

    def save(self, **options):
        self.derive()
        super().save(**options)


class Activite(models.Model):
    """What a structure does, how, and where; the trade and the place are matched together by the search."""

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="activites")
    secteur = models.ForeignKey(Secteur, on_delete=models.PROTECT, related_name="activites")
    mode = models.CharField("mode", max_length=20, choices=Mode, default=Mode.PRESTATION)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, null=True, blank=True, related_name="activites")
    origine = models.CharField("origine", max_length=10, choices=Origine, default=Origine.DECLAREE)
    precision = models.CharField("précision", max_length=200, blank=True)

    class Meta:
        verbose_name = "activité"
        constraints = [
            models.UniqueConstraint(fields=["structure", "secteur", "mode"], name="activite_unique"),
            models.CheckConstraint(name="activite_mode_connu", condition=Q(mode__in=Mode.values)),
        ]
        indexes = [
            models.Index(fields=["secteur", "zone", "structure", "mode"], name="activite_recherche"),
            models.Index(fields=["structure", "secteur", "zone", "mode"], name="activite_parcours"),
        ]

    def __str__(self) -> str:
        return f"{self.secteur} ({self.get_mode_display().lower()})"


class SourceStructure(EnregistrementSource):
    """What one line of one file said of a structure."""

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="sources")

    class Meta:
        verbose_name = "enregistrement source"
        verbose_name_plural = "enregistrements sources"
        constraints = [models.UniqueConstraint(fields=["format", "cle"], name="source_structure_unique")]

    def __str__(self) -> str:
        return f"{self.format} {self.cle}"
