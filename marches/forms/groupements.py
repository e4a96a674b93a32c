"""What people type of a group of bidders: its form, its members, who speaks, who does what."""

from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory

from marches.enums import FormeGroupement, MotifChangement, StatutParticulier
from marches.forms.champs import whole_field
from marches.models import Alliance, ChangementGroupement, Groupement, Lot
from portal.fields import JourField, NombreField
from portal.formsets import LignesFormSet
from portal.permissions import Acteur, Role
from structures.forms.organismes import OrganismeField

MOST_MEMBERS = 30
CENT = Decimal(100)
HORS_LISTE = [("", "Rien de particulier"), *(each for each in StatutParticulier.choices if each[0])]


class GroupementForm(forms.ModelForm):
    convention_signee_le = JourField(
        label="Convention de groupement signée le", required=False,
        help_text="L'accord entre les membres\u00a0: partage des tâches, des paiements et des risques.",
    )  # fmt: skip
    candidature_le = JourField(
        label="Candidature remise le", required=False,
        help_text="Une fois cette date donnée, l'acheteur du lot voit le groupement et sa composition est figée.",
    )  # fmt: skip
    signature_le = JourField(label="Marché signé le", required=False)

    class Meta:
        model = Groupement
        fields = (
            "nom", "forme", "mandataire_solidaire", "initiateur", "convention_signee_le", "gouvernance",
            "candidature_le", "signature_le",
        )  # fmt: skip
        widgets = {"gouvernance": forms.Textarea(attrs={"rows": 4})}
        labels = {"nom": "Nom du groupement (facultatif)", "forme": "Forme"}
        help_texts = {
            "forme": "Conjoint\u00a0: chacun s'engage sur sa part. Solidaire\u00a0: chacun répond de tout le lot.",
            "mandataire_solidaire": "Dans un groupement conjoint, seulement si le marché le demande.",
            "gouvernance": "Comment le groupement décide et se coordonne\u00a0: réunions, votes, outils partagés.",
        }

    def __init__(self, data=None, *, instance: Groupement):
        super().__init__(data, instance=instance)
        choices = [each for each in FormeGroupement.choices if each[0] != FormeGroupement.NON_PRECISEE]
        if instance.pk and instance.forme == FormeGroupement.NON_PRECISEE:
            choices.append((FormeGroupement.NON_PRECISEE.value, FormeGroupement.NON_PRECISEE.label))
        self.fields["forme"].choices = choices
        self.fields["initiateur"].choices = [("", "Non précisé"), *self.fields["initiateur"].choices[1:]]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def clean(self):
        cleaned = super().clean()
        handed, signed = cleaned.get("candidature_le"), cleaned.get("signature_le")
        if handed and signed and signed < handed:
            self.add_error("signature_le", "Le marché ne peut être signé avant la remise de la candidature.")
        return cleaned


class MembreForm(forms.Form):
    organisme = OrganismeField(label="Structure ou entreprise", required=True)
    mandataire = forms.BooleanField(label="Mandataire du groupement", required=False)
    part = NombreField(label="Part (%)", maximum="100", required=False)
    montant = NombreField(label="ou part (€ HT)", maximum="999999999999.99", required=False)
    voix = whole_field("Voix", 0, 1000, "Aux votes du groupement.")
    taches = forms.CharField(label="Ses tâches", max_length=500, required=False)
    postes = forms.CharField(label="Ses postes et rôles", max_length=500, required=False)
    statut = forms.ChoiceField(
        label="S'il n'a pas de fiche dans l'annuaire", required=False, choices=HORS_LISTE,
        help_text="Une régie conventionnée EI ou ACI répond par sa fiche\u00a0: laissez alors vide.",
    )  # fmt: skip
    equivalence = forms.CharField(
        label="Preuve d'équivalence", max_length=500, required=False,
        help_text="Pour une «\u00a0structure équivalente\u00a0» sur un lot réservé\u00a0: ce qui prouve "
        "50\u00a0% de travailleurs "
        "du public visé. Sinon, laissez vide.",
    )  # fmt: skip

    @property
    def nom(self) -> str:
        """Who this line is about, as far as it is known: a SIRET alone does not say."""
        if not self.is_bound:
            said = self.initial.get("organisme")
        else:
            said = getattr(self, "cleaned_data", {}).get("organisme")
        return said.nom if said else ""

    def clean_part(self):
        part = self.cleaned_data["part"]
        if part is not None and part == 0:
            raise ValidationError(
                "Une part est supérieure à 0\u00a0%\u00a0: laissez vide si elle n'est pas encore fixée."
            )
        return part

    def clean(self):
        cleaned = super().clean() or {}
        organisme = cleaned.get("organisme")
        if cleaned.get("statut") and organisme is not None and organisme.structure is not None:
            self.add_error("statut", f"{organisme.nom} a une fiche dans l'annuaire\u00a0: c'est elle qui compte.")
        return cleaned


class BaseMembres(LignesFormSet):
    """The members: two at least, one spokesperson, nobody twice; one of them is who writes, unless it buys."""

    principal = "organisme"

    def __init__(self, *args, acteur: Acteur, **given):
        super().__init__(*args, **given)
        self.acteur = acteur

    def clean(self):
        if any(self.errors):
            return
        rows = self.rows
        named = [row["organisme"].cle for row in rows]
        if len(set(named)) < len(named):
            raise ValidationError("Un organisme est nommé deux fois\u00a0: gardez une seule de ses lignes.")
        if len(rows) < 2:
            raise ValidationError("Un groupement réunit au moins deux opérateurs\u00a0: ajoutez un membre.")
        if sum(row["mandataire"] for row in rows) != 1:
            raise ValidationError("Désignez un mandataire, et un seul\u00a0: il parle à l'acheteur au nom de tous.")
        if self.acteur.has(Role.STRUCTURE, Role.ENTREPRISE) and self.acteur.organisation_id not in named:
            raise ValidationError("Votre organisation doit être parmi les membres du groupement.")
        parts = [row["part"] for row in rows if row["part"] is not None]
        if len(parts) == len(rows) and abs(sum(parts) - CENT) >= Decimal("0.01"):
            whole = f"{sum(parts):.2f}".replace(".", ",")
            raise ValidationError(f"Les parts font {whole}\u00a0%\u00a0: leur somme doit faire 100\u00a0%.")


Membres: Any = formset_factory(
    MembreForm, formset=BaseMembres, extra=2, max_num=MOST_MEMBERS, validate_max=True, can_delete=True
)


class ChangementForm(forms.ModelForm):
    organisme = OrganismeField(label="Membre qui arrive ou qui part", required=True)
    entree = forms.TypedChoiceField(
        label="Ce qui change", choices=[("0", "Ce membre quitte le groupement"), ("1", "Ce membre y entre")],
        coerce=lambda value: value == "1",
    )  # fmt: skip
    le = JourField(label="Le")
    accord_acheteur_le = JourField(label="Accord de l'acheteur, donné le", required=False)

    class Meta:
        model = ChangementGroupement
        fields = ("entree", "le", "motif", "texte", "accord_acheteur_le")
        labels = {"texte": "En quelques mots"}

    field_order = ["organisme", "entree", "le", "motif", "texte", "accord_acheteur_le"]

    def __init__(self, data=None, *, groupement: Groupement):
        super().__init__(data, instance=ChangementGroupement(groupement=groupement), prefix="changement")
        self.order_fields(self.field_order)
        self.fields["motif"].choices = MotifChangement.choices
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def clean(self):
        cleaned = super().clean() or {}
        organisme = cleaned.get("organisme")
        if organisme is None or "entree" not in cleaned:
            return cleaned
        members = {membre.organisation_id for membre in self.instance.groupement.membres.all()}
        inside = organisme.connue is not None and organisme.connue.pk in members
        if cleaned["entree"] and inside:
            self.add_error("organisme", "Cet organisme est déjà membre du groupement.")
        if not cleaned["entree"] and not inside:
            self.add_error("organisme", "Cet organisme n'est pas membre du groupement.")
        if cleaned.get("motif") == MotifChangement.AUTRE and not cleaned.get("texte"):
            self.add_error("texte", "Dites ce qui s'est passé\u00a0: le code n'admet que deux raisons.")
        return cleaned


class LotField(forms.ModelChoiceField):
    def label_from_instance(self, lot: Lot) -> str:
        return f"{lot.marche.acheteur.organisation.nom} – {lot}"[:150]


class ProposerForm(forms.Form):
    """The lot for which an alliance becomes a group of bidders: given by the address or the number of its page."""

    lot = forms.CharField(
        label="Lot auquel répondre", max_length=300,
        help_text="L'adresse de la page du lot dans le registre, ou son numéro dans cette adresse.",
    )  # fmt: skip
    forme = forms.ChoiceField(
        label="Forme du groupement",
        choices=[each for each in FormeGroupement.choices if each[0] != FormeGroupement.NON_PRECISEE],
    )

    def __init__(self, data=None, *, alliance: Alliance, acteur: Acteur, initial=None):
        super().__init__(data, initial=initial)
        self.alliance, self.acteur = alliance, acteur
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    @property
    def asked(self) -> Lot | None:
        """The lot from whose page one comes, to name it."""
        return self._lot(str(self.initial.get("lot", "")))

    def _lot(self, text: str) -> Lot | None:
        number = text.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        seen = Lot.objects.visible_to(self.acteur).select_related("marche__acheteur__organisation")
        return seen.filter(pk=int(number)).first()

    def clean_lot(self) -> Lot:
        lot = self._lot(self.cleaned_data["lot"])
        if lot is None:
            raise ValidationError("Aucun lot du registre n'a cette adresse\u00a0: copiez celle de la page du lot.")
        if lot.groupements.filter(alliance=self.alliance, retenu=False).exists():
            raise ValidationError("Cette alliance a déjà un groupement en préparation pour ce lot.")
        return lot
