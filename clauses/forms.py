"""What users type: calculator, clause, people, months of hours. Errors say what to do."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from clauses import parametres
from clauses.actions import declarants
from clauses.enums import OrigineHeures, TypeContrat
from clauses.models import Affectation, ClauseSociale, Eligibilite, HeuresDues, Participant
from clauses.rules import eligibilite_fin, premier_du_mois
from portal import siret
from portal.fields import NombreField
from structures.models import Secteur

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
CENT = Decimal(100)


class JourField(forms.DateField):
    """A day of this century, typed or picked."""

    def __init__(self, **options):
        options.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        options.setdefault("input_formats", ["%Y-%m-%d", "%d/%m/%Y"])
        super().__init__(**options)
        message = "Écrivez une date entre 2000 et 2099."
        self.validators += [MinValueValidator(FIRST_DAY, message), MaxValueValidator(LAST_DAY, message)]
        self.error_messages["invalid"] = "Écrivez une date comme 31/12/2026."


class MoisField(JourField):
    """A month, as its first day."""

    def __init__(self, **options):
        widget = forms.DateInput(format="%Y-%m", attrs={"type": "month", "placeholder": "2026-03"})
        super().__init__(widget=widget, input_formats=["%Y-%m", "%m/%Y", "%Y-%m-%d"], **options)
        self.error_messages["invalid"] = "Écrivez un mois comme 2026-03."

    def to_python(self, value):
        day = super().to_python(value)
        return premier_du_mois(day) if day else day


# Calculator ---------------------------------------------------------------------------------------------------------
class CalculLotForm(forms.Form):
    """One lot of the calculator. Percentages are typed from 0 to 100; what is left empty takes the dated default."""

    use_required_attribute = False
    nom = forms.CharField(label="Nom du lot", max_length=120, required=False)
    montant = NombreField(label="Montant du lot (€ HT)", maximum="999999999999.99", help_text="Exemple : 1 000 000")
    secteur = forms.ChoiceField(label="Métier principal", required=False)
    part = NombreField(label="Part de main-d'œuvre (%)", maximum="100", required=False)
    taux = NombreField(label="Taux d'insertion (%)", maximum="100", required=False)
    cout = NombreField(label="Coût d'une heure (€)", maximum="1000", minimum="0.01", required=False)
    heures = NombreField(
        label="Ou heures visées",
        maximum="9999999",
        required=False,
        help_text="Si vous les indiquez, c'est le taux d'insertion qui est calculé.",
    )

    def __init__(self, *args, secteurs=(), on: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.empty_permitted = False  # a lot left empty is a mistake, not a lot less
        self.on = on
        self.secteurs = {s.code: s for family in secteurs for s in (family, *family.sous_secteurs)}
        choices: list[tuple[str, Any]] = [("", "À choisir, ou indiquez la part")]
        for family in secteurs:
            choices.append((family.nom, [(s.code, s.nom) for s in (family, *family.sous_secteurs)]))
        self.fields["secteur"].choices = choices
        self.fields["secteur"].error_messages["invalid_choice"] = "Choisissez un métier de la liste."
        self.fields["montant"].error_messages["required"] = "Indiquez le montant du lot."
        cost, rate = parametres.cout_horaire(on), parametres.taux_insertion(on)
        self.fields["part"].help_text = "Laissez vide pour reprendre la valeur du métier."
        self.fields["taux"].help_text = f"Laissez vide pour {_percent(rate.valeur)} % : {rate.source}."
        self.fields["cout"].help_text = f"Laissez vide pour {_plain(cost.valeur)} € : {cost.source}."

    def clean(self):
        data = super().clean()
        data["part_source"] = "valeur saisie"
        if data.get("part") is None and "part" not in self.errors:
            found = self.default_share(data.get("secteur") or "")
            if found is None:
                self.add_error("part", "Indiquez la part de main-d'œuvre : ce métier n'a pas de valeur par défaut.")
            else:
                data["part"], data["part_source"] = found
        if data.get("taux") is None and "taux" not in self.errors:
            data["taux"] = parametres.taux_insertion(self.on).valeur * CENT
        if data.get("cout") is None and "cout" not in self.errors:
            data["cout"] = parametres.cout_horaire(self.on).valeur
        return data

    def default_share(self, code: str) -> tuple[Decimal, str] | None:
        """Percentage and its source: what is published with the sector, else the dated table."""
        secteur = self.secteurs.get(code)
        if secteur is not None and secteur.part_main_oeuvre is not None:
            return secteur.part_main_oeuvre * CENT, secteur.source_part
        found = parametres.part_main_oeuvre(code, self.on) if code else None
        return (found.valeur * CENT, f"{found.source} ({found.confiance})") if found else None


def secteurs_with_children():
    """The families with `sous_secteurs`, in order: two queries, shared by all the forms of a page."""
    families = {s.pk: s for s in Secteur.objects.filter(parent=None).order_by("ordre")}
    for family in families.values():
        family.sous_secteurs = []
    for secteur in Secteur.objects.exclude(parent=None).order_by("ordre"):
        families[secteur.parent_id].sous_secteurs.append(secteur)
    return list(families.values())


# Clauses ------------------------------------------------------------------------------------------------------------
class ClauseForm(forms.ModelForm):
    heures = NombreField(label="Heures d'insertion dues", minimum="0.01", maximum="9999999.99")
    motif = forms.CharField(
        label="Pourquoi ce nombre d'heures",
        max_length=300,
        required=False,
        help_text="À indiquer si le nombre diffère du calcul.",
    )
    date_debut = JourField(label="Début de la clause")
    date_fin = JourField(label="Fin de la clause")
    penalite_heure = NombreField(
        label="Pénalité par heure manquante (€)",
        maximum="99999.99",
        required=False,
        help_text="Celle du contrat ; laissez vide si le contrat n'en prévoit pas.",
    )

    class Meta:
        model = ClauseSociale
        fields = ["type", "date_debut", "date_fin", "publics", "penalite_heure", "texte"]
        widgets = {"publics": forms.Textarea({"rows": 3}), "texte": forms.Textarea({"rows": 6})}

    field_order = ["type", "heures", "motif", "date_debut", "date_fin", "publics", "penalite_heure", "texte"]

    def __init__(self, *args, calcul=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.calcul = calcul
        self.order_fields(self.field_order)
        self.fields["publics"].help_text = "Sans nom de personne : profils ou critères seulement."
        self.fields["heures"].error_messages["min_value"] = (
            "Une clause a besoin d'un volume d'heures supérieur à 0 : sans chiffre, elle reste sans effet."
        )

    def clean(self):
        data = super().clean()
        start, end = data.get("date_debut"), data.get("date_fin")
        if start and end and end < start:
            self.add_error("date_fin", "La fin de la clause ne peut précéder son début.")
        computed = (self.calcul or {}).get("heures")
        if computed is not None and data.get("heures") not in (None, Decimal(computed)) and not data.get("motif"):
            self.add_error(
                "motif", f"Le calcul donne {computed} h : dites en quelques mots pourquoi vous vous en écartez."
            )
        return data


class HeuresDuesForm(forms.ModelForm):
    heures = NombreField(
        label="Heures en plus", minimum="-9999999.99", help_text="Un nombre négatif retire des heures (avenant)."
    )
    date_effet = JourField(label="Dues à partir du")

    class Meta:
        model = HeuresDues
        fields = ["origine", "heures", "date_effet", "membre", "motif"]

    def __init__(self, *args, clause, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["origine"].choices = [c for c in OrigineHeures.choices if c[0] != OrigineHeures.INITIAL]
        self.fields["membre"].queryset = declarants(clause)
        self.fields["membre"].label = "Membre du groupement concerné"
        self.fields["membre"].empty_label = "Tous"

    def clean_heures(self):
        hours = self.cleaned_data["heures"]
        if hours == 0:
            raise ValidationError("Indiquez un nombre d'heures différent de 0.")
        return hours


class OuvrirMoisForm(forms.Form):
    organisation = forms.ModelChoiceField(queryset=None, label="Organisation qui déclare", empty_label=None)
    mois = MoisField(label="Mois")

    def __init__(self, *args, organisations, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = organisations


# People -------------------------------------------------------------------------------------------------------------
class ParticipantForm(forms.ModelForm):
    """No name, no contact, no free text: the link between the code and the person stays outside the portal."""

    entree_le = JourField(label="Entrée dans le parcours le")

    class Meta:
        model = Participant
        fields = ["annee_naissance", "sexe", "niveau_formation", "qpv", "entree_le"]
        widgets = {"qpv": forms.Select(choices=[("", "Non renseigné"), ("True", "Oui"), ("False", "Non")])}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["annee_naissance"].widget.attrs |= {"inputmode": "numeric", "min": 1930, "max": 2100}

    def clean(self):
        data = super().clean()
        born, entry = data.get("annee_naissance"), data.get("entree_le")
        if born and entry and not 14 <= entry.year - born <= 100:
            self.add_error(
                "annee_naissance", "À cette date d'entrée, l'âge serait impossible : vérifiez les deux dates."
            )
        return data


class EligibiliteForm(forms.ModelForm):
    justificatif_vu_le = JourField(label="Justificatif vu le", help_text="Il est consulté, jamais conservé.")
    valable_du = JourField(label="Valable du")
    valable_au = JourField(label="au", required=False, help_text="Laissez vide pour 24 mois.")

    class Meta:
        model = Eligibilite
        fields = ["critere", "justificatif_vu_le", "valable_du", "valable_au"]

    def clean(self):
        data = super().clean()
        start, end = data.get("valable_du"), data.get("valable_au")
        if start and end is None and "valable_au" not in self.errors:
            end = data["valable_au"] = eligibilite_fin(start, int(parametres.seuil("eligibilite_mois", start)))
        if start and end and end < start:
            self.add_error("valable_au", "La fin ne peut précéder le début.")
        return data


class AffectationForm(forms.ModelForm):
    """The employer is given by its SIRET; a list proposes those already known."""

    siret = forms.CharField(
        label="SIRET de l'employeur",
        max_length=20,
        help_text="14 chiffres. La liste propose les employeurs déjà connus de vos clauses.",
    )
    date_debut = JourField(label="Début")
    date_fin = JourField(label="Fin", required=False)

    class Meta:
        model = Affectation
        fields = ["modalite", "contrat", "metier", "date_debut", "date_fin"]

    field_order = ["siret", "modalite", "contrat", "metier", "date_debut", "date_fin"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)
        self.fields["siret"].widget.attrs |= {"list": "employeurs", "inputmode": "numeric"}
        self.fields["metier"].help_text = "Le poste occupé, par exemple « peintre » ; rien sur la personne."

    def clean_siret(self):
        number = siret.clean(self.cleaned_data["siret"])
        if not siret.is_siret(number):
            raise ValidationError("Ce numéro n'est pas un SIRET : vérifiez ses 14 chiffres.")
        return number

    def clean(self):
        data = super().clean()
        start, end = data.get("date_debut"), data.get("date_fin")
        if start and end and end < start:
            self.add_error("date_fin", "La fin ne peut précéder le début.")
        if data.get("contrat") == TypeContrat.USAGER_ESAT and data.get("modalite") == "embauche":
            self.add_error("modalite", "Un usager d'ESAT n'est pas embauché : choisissez une autre modalité.")
        return data


# Hours --------------------------------------------------------------------------------------------------------------
class SaisieForm(forms.Form):
    """One row of the grid; empty cells are 0."""

    use_required_attribute = False
    travail = NombreField(label="Heures travaillées", maximum="744", required=False)
    formation = NombreField(label="Heures de formation", maximum="744", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.fields:
            field = self.fields[name]
            field.error_messages["max_value"] = "Un mois ne compte pas plus de 744 heures."
            field.error_messages["min_value"] = "Les heures ne peuvent être négatives."
            field.widget.attrs |= {"class": "form-control heures-cell"}
            field.validators = [
                v if not isinstance(v, MaxValueValidator | MinValueValidator) else _with_message(v, field)
                for v in field.validators
            ]

    def clean(self):
        data = super().clean()
        data["travail"], data["formation"] = data.get("travail") or Decimal(0), data.get("formation") or Decimal(0)
        if data["travail"] + data["formation"] > 744:
            raise ValidationError("Un mois ne compte pas plus de 744 heures.")
        return data


class CorrectionForm(SaisieForm):
    def clean(self):
        data = super().clean()
        if not self.errors and not data["travail"] + data["formation"]:
            raise ValidationError("Indiquez les heures corrigées.")
        return data


class RefusForm(forms.Form):
    motif = forms.CharField(
        label="Motif du refus",
        max_length=300,
        help_text="Il est lu par le déclarant : dites ce qu'il faut corriger, sans rien sur la personne.",
        error_messages={"required": "Indiquez le motif du refus : il est transmis au déclarant."},
    )


class AnnulationForm(RefusForm):
    motif = forms.CharField(
        label="Pourquoi l'acceptation est annulée",
        max_length=300,
        help_text="Les heures ne comptent plus. Le déclarant lit ce motif ; n'écrivez rien sur la personne.",
        error_messages={"required": "Indiquez pourquoi : le motif est transmis au déclarant."},
    )


def _with_message(validator, field):
    kind = "max_value" if isinstance(validator, MaxValueValidator) else "min_value"
    return type(validator)(validator.limit_value, message=field.error_messages[kind])


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")


def _percent(share: Decimal) -> str:
    return _plain(share * CENT)
