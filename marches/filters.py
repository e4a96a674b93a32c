"""The query string of the register, translated. Criteria of a lot are all asked of one and the same lot."""

from django import forms
from django.core.validators import RegexValidator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters import CharFilter, ChoiceFilter, DateFilter, FilterSet

from marches.enums import NatureAvis, Reservation
from marches.models import AchatRealise, Alliance, Avis, Lot, Marche
from marches.models.lots import RESERVE, SOCIAL
from marches.parcours import Question
from portal.search import filter_words
from portal.siret import clean
from portal.text import sort_key, stems, tokens
from structures.enums import NiveauLieu
from structures.filters import every_sector, sector_choices
from structures.lieux import Lieu, Recherche, resolve
from structures.models import CodePostal, Departement, Secteur, Structure

CONSIDERATIONS = (
    ("clause", "Clause sociale d'exécution"),
    ("critere", "Critère social d'attribution"),
    ("reserve", "Marché ou lot réservé"),
    ("toute", "Au moins une"),
    ("aucune", "Aucune"),
)
TRIS = (("recent", "Les plus récents"), ("montant", "Les plus gros montants"), ("titre", "Par titre"))
# Columns of a contract, indexed; the usual order is that of `recence`
ORDRES = {"montant": ("-montant_lots", "-pk"), "titre": ("objet_tri", "pk")}
CONSIDERATION_Q = {
    "clause": Q(clause_sociale=True),
    "critere": Q(critere_social=True),
    "reserve": RESERVE,
    "toute": SOCIAL,
    "aucune": ~SOCIAL,
}
LONGEST = 200
DIGITS = RegexValidator(r"^[\d\s.-]*\Z", "Écrivez le début du code en chiffres, par exemple 909.")


class MarcheForm(forms.Form):
    def clean_au(self):
        start, end = self.cleaned_data.get("du"), self.cleaned_data["au"]
        if start and end and end < start:
            raise forms.ValidationError("La fin de la période précède son début\u00a0: inversez les deux dates.")
        return end


class MarcheFilter(FilterSet):
    """Contracts with at least one lot that meets every criterion of a lot. A bad value says so beside its field.

    `lots`, those of the contracts of `queryset`, spares asking each lot for its contract. Once `qs` is read, `question`
    is the same for the first pages, and `ordre` the columns of another order than the usual.
    """

    question: Question
    ordre: tuple[str, str] | None

    q = CharFilter(label="Mots", max_length=LONGEST)
    acheteur = CharFilter(label="Acheteur (nom ou SIREN)", max_length=LONGEST)
    secteur = ChoiceFilter(label="Secteur", choices=[], empty_label="Tous les secteurs")
    cpv = CharFilter(label="Code CPV (début)", max_length=10, validators=[DIGITS])
    lieu = CharFilter(label="Lieu d'exécution", max_length=100)
    du = DateFilter(label="Notifié à partir du")
    au = DateFilter(label="Notifié jusqu'au")
    consideration = ChoiceFilter(label="Considération sociale", choices=CONSIDERATIONS, empty_label="Indifférent")
    reservation = ChoiceFilter(label="Réservation", choices=Reservation.choices, empty_label="Indifférent")
    connu = ChoiceFilter(label="Titulaire", choices=(("1", "Présent dans l'annuaire"),), empty_label="Indifférent")
    titulaire = CharFilter(label="SIREN du titulaire", max_length=20)
    tri = ChoiceFilter(label="Trier par", choices=TRIS, empty_label=None)

    class Meta:
        model = Marche
        form = MarcheForm
        fields: list[str] = []

    def __init__(self, data=None, *args, lots: QuerySet | None = None, **kwargs):
        super().__init__(data, *args, **kwargs)
        self.lots = lots
        self.recherche: Recherche | None = None
        self.lots_q: Q | None = None
        self.secteurs = every_sector()
        self.filters["secteur"].extra["choices"] = sector_choices(self.secteurs)
        attributes = {
            "lieu": {"placeholder": "ex. Évreux, 27, Normandie"},
            "cpv": {"placeholder": "ex. 909", "inputmode": "numeric"},
            "q": {"placeholder": "ex. nettoyage de locaux"},
        }
        for name, given in attributes.items():
            self.form.fields[name].widget.attrs.update(given)
        for name in ("du", "au"):
            self.form.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        values = self.form.cleaned_data
        contrats = _by_buyer(queryset, values.get("acheteur") or "").order_by()
        queryset = filter_words(contrats, values.get("q"))
        asked, days = self._asked(values), _days(values)
        if asked or days:
            self.lots_q = Q(*asked, *days)
            queryset = queryset.filter(Exists(Lot.objects.filter(self.lots_q, marche=OuterRef("pk")).order_by()))
        ordre = self._ordre(values)
        named = bool(values.get("acheteur"))
        seen = self.lots if self.lots is not None and not named else Lot.objects.filter(marche__in=contrats)
        # What a contract knows of its lots is asked of itself.
        is_social = asked == [SOCIAL] and not days
        self.question = Question(
            contrats.filter(social=True) if is_social else contrats,
            seen,
            tuple(stems(values.get("q"))),
            None if is_social else self.lots_q,
            ordre,
            values.get("du"),
            values.get("au"),
            rangee=asked == [ordre] or not asked,
            nommee=named or bool(values.get("titulaire")),
        )
        self.ordre = ORDRES.get(values.get("tri") or "")
        return queryset.order_by(*(self.ordre or ("-recence", "-pk")))

    def _ordre(self, values: dict) -> Q | None:
        """What is asked of a lot that an index of `Lot` holds in the order of the register."""
        lieu = self.recherche.lieu if self.recherche else None
        if lieu and lieu.niveau == NiveauLieu.DEPARTEMENT:
            return place_q(lieu)
        if len(secteurs := self._secteurs(values)) == 1:
            return Q(secteur=secteurs[0])
        if values.get("consideration") == "reserve" or values.get("reservation") not in {"", None, Reservation.AUCUNE}:
            return RESERVE
        return SOCIAL if values.get("consideration") in {"clause", "critere", "toute"} else None

    def _secteurs(self, values: dict) -> list[int]:
        """The sector asked for, or every one of the family."""
        by_code = {secteur.code: secteur.pk for secteur in self.secteurs}
        asked = by_code.get(values.get("secteur") or "")
        return [secteur.pk for secteur in self.secteurs if asked and asked in {secteur.pk, secteur.parent_id}]

    def _asked(self, values: dict) -> list[Q]:
        """The criteria of a lot, its days apart."""
        asked: list[Q] = []
        if values.get("secteur"):
            found = self._secteurs(values)
            asked.append(Q(secteur=found[0]) if len(found) == 1 else Q(secteur__in=found))
        if cpv := "".join(char for char in values.get("cpv") or "" if char.isdigit()):
            asked.append(Q(cpv__startswith=cpv[:8]))
        if text := values.get("lieu"):
            self.recherche = resolve(text)
            asked.append(place_q(self.recherche.lieu) if self.recherche.lieu else Q(pk__in=[]))
        if values.get("consideration"):
            asked.append(CONSIDERATION_Q[values["consideration"]])
        if values.get("reservation"):
            asked.append(Q(reservation=values["reservation"]))
        if values.get("connu"):
            known = Structure.objects.filter(publiee=True, organisation=OuterRef("titulaires__organisation"))
            asked.append(Q(Exists(known)))
        if siren := clean(values.get("titulaire"))[:9]:
            asked.append(Q(titulaires__organisation__siren=siren))
        return asked

    @property
    def par_montant(self) -> bool:
        return self.form.is_valid() and self.form.cleaned_data.get("tri") == "montant"

    @property
    def is_active(self) -> bool:
        """Whether anything but the order is asked."""
        return any(value for name, value in self.form.cleaned_data.items() if name != "tri")


def _days(values: dict) -> list[Q]:
    """The days on which a lot was notified."""
    bounds = (("du", "date_notification__gte"), ("au", "date_notification__lte"))
    return [Q(**{lookup: values[name]}) for name, lookup in bounds if values.get(name)]


def place_q(lieu: Lieu) -> Q:
    """Lots performed in `lieu`, as far as their published code says; a commune is also found by its postcodes."""
    if lieu.niveau == NiveauLieu.COMMUNE:
        postcodes = CodePostal.objects.filter(commune=lieu.code).values("code")
        return (
            Q(commune=lieu.code)
            | Q(commune__parente=lieu.code)
            | Q(commune=None, lieu_type__iexact="code postal", lieu_code__in=postcodes)
        )
    if lieu.niveau == NiveauLieu.EPCI:
        return Q(commune__epci=lieu.code)
    if lieu.niveau == NiveauLieu.DEPARTEMENT:
        return Q(departement=lieu.code)
    if lieu.niveau == NiveauLieu.REGION:
        return Q(departement__region=lieu.code) | Q(lieu_type="Code région", lieu_code=lieu.code)
    return Q()


def _by_buyer(queryset: QuerySet, text: str) -> QuerySet:
    number = clean(text)
    if number.isascii() and number.isdigit() and len(number) in {9, 14}:
        return queryset.filter(acheteur__organisation__siren=number[:9])
    for token in tokens(text)[:10]:
        queryset = queryset.filter(acheteur__organisation__nom_tri__contains=token)
    return queryset


class AchatFilter(FilterSet):
    """Purchase lines of one buyer; the year is read apart, because the evolution shows every year."""

    entite = ChoiceFilter(label="Service acheteur", empty_label="Tous les services")
    categorie = ChoiceFilter(label="Catégorie d'achat", empty_label="Toutes les catégories")
    annee = ChoiceFilter(label="Année", empty_label="La plus récente", method="leave")

    class Meta:
        model = AchatRealise
        fields = ()

    TOUTES = "toutes"

    def __init__(self, data=None, queryset=None, **options):
        super().__init__(data, queryset, **options)
        rows = queryset.order_by()
        self.annees = sorted(rows.values_list("annee", flat=True).distinct(), reverse=True)
        for name in ("entite", "categorie"):
            values = rows.exclude(**{name: ""}).values_list(name, flat=True).distinct()
            self.filters[name].extra["choices"] = [(value, value) for value in sorted(values, key=sort_key)]
        years = [(str(annee), str(annee)) for annee in self.annees]
        self.filters["annee"].extra["choices"] = [*years, (self.TOUTES, "Toutes les années")]

    def leave(self, queryset, name, value):
        return queryset

    @property
    def annee_choisie(self) -> int | None:
        """The year asked for, the latest one without; None for all of them."""
        asked = self.form.cleaned_data.get("annee") if self.form.is_valid() or self.is_bound else ""
        if asked == self.TOUTES or not self.annees:
            return None
        return int(asked) if asked else self.annees[0]


class AllianceFilter(FilterSet):
    """Alliances by words, and by sector: its own, its family, or one of its family."""

    q = CharFilter(label="Mots", max_length=LONGEST, method="words")
    secteur = ChoiceFilter(label="Secteur", choices=[], empty_label="Tous les secteurs", method="by_sector")

    class Meta:
        model = Alliance
        fields = ()

    def __init__(self, data=None, queryset=None, **options):
        super().__init__(data, queryset, **options)
        self.form.fields["secteur"].choices = sector_choices(every_sector())

    def words(self, queryset, name, value):
        """Every word in the name or in what is offered, as typed: alliances are few."""
        for word in value.replace("\x00", "").split()[:10]:
            queryset = queryset.filter(Q(nom__icontains=word) | Q(objet__icontains=word))
        return queryset

    def by_sector(self, queryset, name, value):
        found = Secteur.objects.filter(code=value).values_list("pk", "parent").first()
        if found is None:
            return queryset.none()
        pk, parent = found
        meant = Q(secteurs=pk) | Q(secteurs__parent=pk) | (Q(secteurs=parent) if parent else Q())
        return queryset.filter(pk__in=Alliance.objects.filter(meant).values("pk"))


class AppelFilter(FilterSet):
    """Calls for tenders by words, reservation, place, sector and deadline; criteria of a lot meet on one lot."""

    RESERVES = (("tous", "Réservé, toutes catégories"), *((v, n) for v, n in Reservation.choices if v != "aucune"))

    q = CharFilter(label="Mots", max_length=LONGEST)
    reservation = ChoiceFilter(label="Réservation", choices=RESERVES, empty_label="Indifférent")
    departement = ChoiceFilter(label="Département", choices=[], empty_label="Toute la France")
    secteur = ChoiceFilter(label="Secteur", choices=[], empty_label="Tous les secteurs")
    du = DateFilter(label="Date limite à partir du")
    au = DateFilter(label="Date limite jusqu'au")

    class Meta:
        model = Marche
        form = MarcheForm
        fields: list[str] = []

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        names = Departement.objects.order_by("code").values_list("code", "nom")
        places = [(code, f"{code} {nom}") for code, nom in names]
        self.filters["departement"].extra["choices"] = places
        self.filters["secteur"].extra["choices"] = sector_choices(every_sector())
        for name in ("du", "au"):
            self.form.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        self.form.fields["q"].widget.attrs["placeholder"] = "ex. espaces verts"

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        values = self.form.cleaned_data
        queryset = filter_words(queryset, values.get("q"))
        asked = Q()
        if reservation := values.get("reservation"):
            asked &= RESERVE if reservation == "tous" else Q(reservation=reservation)
        if code := values.get("secteur"):
            asked &= Q(secteur__code=code) | Q(secteur__parent__code=code)
        if asked:
            queryset = queryset.filter(Exists(Lot.objects.filter(asked, marche=OuterRef("pk")).order_by()))
        if code := values.get("departement"):
            here = Q(departements__contains=f" {code} ") | Q(departements__contains=" FR ")
            notices = Avis.objects.filter(here, marche=OuterRef("pk")).order_by()
            lots = Lot.objects.filter(departement=code, marche=OuterRef("pk")).order_by()
            queryset = queryset.filter(Exists(notices) | Exists(lots))
        if values.get("du"):
            queryset = queryset.filter(date_limite__date__gte=values["du"])
        if values.get("au"):
            queryset = queryset.filter(date_limite__date__lte=values["au"])
        return queryset.order_by("date_limite", "pk")

    @property
    def is_active(self) -> bool:
        return any(self.form.cleaned_data.values()) if self.form.is_valid() else True


class AvisFilter(FilterSet):
    """Every notice, by words and by nature."""

    q = CharFilter(label="Titre, acheteur ou numéro", max_length=LONGEST, method="words")
    nature = ChoiceFilter(label="Nature", choices=NatureAvis.choices, empty_label="Toutes")

    class Meta:
        model = Avis
        fields: list[str] = []

    def words(self, queryset, name, value):
        for word in value.replace("\x00", "").split()[:10]:
            queryset = queryset.filter(
                Q(titre__icontains=word) | Q(acheteur_nom__icontains=word) | Q(numero__startswith=word)
            )
        return queryset
