"""Query string of the follow-up board to queryset."""

from django.db.models import Q
from django.utils import timezone
from django_filters import CharFilter, ChoiceFilter, FilterSet, ModelChoiceFilter

from clauses.enums import Competence
from clauses.models import Affectation, ClauseSociale, Convention, Participant
from marches.models import Acheteur
from portal.text import fold, stems
from structures.models import Departement, Organisation

PERIODES = [("en_cours", "En cours"), ("terminee", "Terminées"), ("a_venir", "À venir")]
RYTHMES = [("retard", "En retard"), ("tenu", "Rythme tenu")]


class ClauseFilter(FilterSet):
    """`rythme` is judged on the rows themselves, by the view: the pace has one rule, in Python."""

    q = CharFilter(label="Mots du marché, acheteur", method="words", max_length=200)
    acheteur = ModelChoiceFilter(
        label="Acheteur", queryset=Organisation.objects.none(), method="buyer", empty_label="Tous"
    )
    departement = ModelChoiceFilter(
        label="Département", queryset=Departement.objects.none(), field_name="lot__departement", empty_label="Tous"
    )
    convention = ModelChoiceFilter(label="Convention", queryset=Convention.objects.none(), empty_label="Toutes")
    periode = ChoiceFilter(label="Période", choices=PERIODES, method="period", empty_label="Toutes")
    rythme = ChoiceFilter(label="Rythme", choices=RYTHMES, method="as_is", empty_label="Tous")

    class Meta:
        model = ClauseSociale
        fields = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # As a subquery of what the acteur sees, whatever page of it is shown.
        seen = self.queryset.order_by().values("pk")
        buyers = Acheteur.objects.filter(marches__lots__clauses__in=seen)
        self.filters["departement"].field.queryset = Departement.objects.filter(
            pk__in=ClauseSociale.objects.filter(pk__in=seen).order_by().values("lot__departement")
        )
        self.filters["convention"].field.queryset = Convention.objects.filter(
            pk__in=ClauseSociale.objects.filter(pk__in=seen).order_by().values("convention")
        )
        self.filters["acheteur"].field.queryset = Organisation.objects.filter(pk__in=buyers.values("organisation"))

    def words(self, queryset, name, value):
        text = value.replace("\x00", "").strip()
        if not fold(text):
            return queryset
        buyer = "lot__marche__acheteur__organisation"
        wanted = (
            Q(lot__objet__icontains=text)
            | Q(lot__marche__objet__icontains=text)
            | Q(**{f"{buyer}__nom_tri__contains": fold(text)})
        )
        if stems(text):
            wanted |= Q(lot__racines__contient_racines=stems(text)[:8])
        return queryset.filter(wanted)

    def buyer(self, queryset, name, value):
        return queryset.filter(lot__marche__acheteur__organisation=value)

    def period(self, queryset, name, value):
        on = timezone.localdate()
        return {
            "en_cours": queryset.filter(date_debut__lte=on, date_fin__gte=on),
            "terminee": queryset.filter(date_fin__lt=on),
            "a_venir": queryset.filter(date_debut__gt=on),
        }[value]

    def as_is(self, queryset, name, value):
        return queryset


class ParticipantFilter(FilterSet):
    q = CharFilter(label="Code", method="by_code", max_length=20)
    eligibilite = ChoiceFilter(
        label="Éligibilité",
        choices=[("fin", "Se termine dans les 60 jours"), ("sans", "Aucune en cours")],
        method="by_eligibilite",
        empty_label="Toutes",
    )

    competence = ChoiceFilter(
        label="Compétence", choices=Competence.choices, field_name="competences__competence", empty_label="Toutes"
    )
    equipe = CharFilter(label="Équipe", method="by_equipe", max_length=7)

    class Meta:
        model = Participant
        fields = []

    def by_equipe(self, queryset, name, value):
        named = Affectation.objects.filter(equipe=_equipe(value))
        return queryset.filter(pk__in=named.values("participant"))

    def by_code(self, queryset, name, value):
        return queryset.filter(code__icontains=value.replace("\x00", "").strip())

    def by_eligibilite(self, queryset, name, value):
        from datetime import timedelta

        on = timezone.localdate()
        if value == "fin":
            return queryset.filter(fin_eligibilite__gte=on, fin_eligibilite__lte=on + timedelta(days=60))
        return queryset.filter(Q(fin_eligibilite=None) | Q(fin_eligibilite__lt=on))


class SalarieFilter(FilterSet):
    """People whom an organisation employs, by team and by skill."""

    equipe = CharFilter(label="Équipe", method="by_equipe", max_length=7)
    competence = ChoiceFilter(
        label="Compétence", choices=Competence.choices, field_name="participant__competences__competence",
        empty_label="Toutes",
    )  # fmt: skip

    class Meta:
        model = Affectation
        fields = []

    def by_equipe(self, queryset, name, value):
        return queryset.filter(equipe=_equipe(value))


def _equipe(value: str) -> str:
    """A team as it is kept: « nui-3 » and « NUI-3 » are the same."""
    return value.replace("\x00", "").replace(" ", "").upper()
