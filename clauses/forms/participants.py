"""People without a name, what was seen of them, where they work."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from clauses import parametres
from clauses.accords import duree_eligibilite, durees_convenues
from clauses.enums import (
    Competence,
    GenrePrescripteur,
    Modalite,
    MotifEffacement,
    MotifProlongation,
    StatutFormation,
    TypeContrat,
)
from clauses.models import ActionFormation, Affectation, Eligibilite, Participant
from clauses.models.participants import CODE_EQUIPE
from clauses.rules import eligibilite_fin, mission_possible
from portal import siret
from portal.fields import JourField, JourPasseField, NombreField
from portal.templatetags.formats import jour
from structures.forms.organismes import OrganismeField

PRESCRIPTEURS = [("", "Non renseigné"), *GenrePrescripteur.choices]


class ParticipantForm(forms.ModelForm):
    """No name, no contact, no free text: the link between the code and the person stays outside the portal."""

    entree_le = JourField(label="Entrée dans le parcours le")

    class Meta:
        model = Participant
        fields = ["annee_naissance", "sexe", "niveau_formation", "qpv", "prescripteur", "entree_le"]
        widgets = {"qpv": forms.Select(choices=[("", "Non renseigné"), ("True", "Oui"), ("False", "Non")])}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["prescripteur"].choices = PRESCRIPTEURS
        self.fields["annee_naissance"].widget.attrs |= {"inputmode": "numeric", "min": 1930, "max": 2100}

    def clean(self):
        data = super().clean()
        born, entry = data.get("annee_naissance"), data.get("entree_le")
        if born and entry and not 14 <= entry.year - born <= 100:
            self.add_error(
                "annee_naissance", "À cette date d'entrée, l'âge serait impossible\u00a0: vérifiez les deux dates."
            )
        return data


class ProfilForm(forms.ModelForm):
    """Who sent the person and what they can do: two closed lists, both optional."""

    competences = forms.MultipleChoiceField(
        label="Compétences",
        choices=Competence.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Ce qui sert à former une équipe, rien d'autre\u00a0: son employeur les lit.",
    )

    class Meta:
        model = Participant
        fields = ["prescripteur"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["prescripteur"].choices = PRESCRIPTEURS
        if self.instance.pk:
            self.initial["competences"] = [each.competence for each in self.instance.competences.all()]


class EligibiliteForm(forms.ModelForm):
    justificatif_vu_le = JourPasseField(label="Justificatif vu le", help_text="Il est consulté, jamais conservé.")
    valable_du = JourField(label="Valable du")
    valable_au = JourField(
        label="Valable jusqu'au",
        required=False,
        help_text="Vide\u00a0: la durée convenue, sinon celle d'usage. Pour un travailleur handicapé, la fin de la "
        "décision.",
    )

    class Meta:
        model = Eligibilite
        fields = ["critere", "justificatif_vu_le", "valable_du", "valable_au"]

    def __init__(self, *args, facilitateur, **kwargs):
        super().__init__(*args, **kwargs)
        self.facilitateur = facilitateur

    def clean(self):
        data = super().clean()
        start, end, critere = data.get("valable_du"), data.get("valable_au"), data.get("critere")
        if start and critere and end is None and "valable_au" not in self.errors:
            months = duree_eligibilite(self.facilitateur, critere, start)
            if months is None:
                self.add_error("valable_au", _no_usual_end(critere, self.facilitateur, start))
            else:
                end = data["valable_au"] = eligibilite_fin(start, months)
        if start and end and end < start:
            self.add_error("valable_au", "La fin ne peut précéder le début.")
        return data


def _no_usual_end(critere, facilitateur, on) -> str:
    if parametres.eligibilite_mois(critere, on) == 0:
        return "Recopiez la fin que porte la décision vue\u00a0: ce critère n'a pas de durée d'usage."
    durations = " ou ".join(str(months) for months in durees_convenues(facilitateur, on))
    return f"Vos conventions en cours fixent {durations} mois\u00a0: indiquez la fin."


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
        said = "Le poste occupé, par exemple «\u00a0peintre\u00a0»\u00a0; rien sur la personne."
        self.fields["metier"].help_text = said

    def clean_siret(self):
        number = siret.clean(self.cleaned_data["siret"])
        if not siret.is_siret(number):
            raise ValidationError("Ce numéro n'est pas un SIRET\u00a0: vérifiez ses 14 chiffres.")
        return number

    def clean(self):
        data = super().clean()
        start, end = data.get("date_debut"), data.get("date_fin")
        if start and end and end < start:
            self.add_error("date_fin", "La fin ne peut précéder le début.")
        if data.get("contrat") == TypeContrat.USAGER_ESAT and data.get("modalite") == "embauche":
            self.add_error("modalite", "Un usager d'ESAT n'est pas embauché\u00a0: choisissez une autre modalité.")
        return data


class AffectationModifieeForm(forms.ModelForm):
    """The facts that the checks of hours read: dates, contract, and for a person lent, where and to whom."""

    date_debut = JourField(label="Début")
    date_fin = JourField(label="Fin", required=False)
    utilisateur = OrganismeField(
        label="Où la personne est prêtée",
        required=False,
        help_text="SIRET ou page de l'annuaire\u00a0; laissez vide si elle n'est pas mise à disposition.",
    )
    derogation_480 = JourField(
        label="Dérogation du préfet jusqu'au",
        required=False,
        help_text="Pour une association intermédiaire au-delà de 480\u00a0h chez des employeurs privés.",
    )

    class Meta:
        model = Affectation
        fields = [
            "modalite", "contrat", "metier", "date_debut", "date_fin", "utilisateur", "utilisateur_prive",
            "derogation_480",
        ]  # fmt: skip
        labels = {"utilisateur_prive": "Cet utilisateur est un employeur privé"}
        help_texts = {"utilisateur_prive": "Code du travail, L. 2211-1\u00a0: ni une collectivité, ni un particulier."}
        widgets = {"utilisateur_prive": forms.Select(choices=[("", "Non précisé"), ("True", "Oui"), ("False", "Non")])}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["metier"].help_text = "Le poste occupé\u00a0; rien sur la personne."
        used = self.instance.utilisateur
        self.initial["utilisateur"] = used.identifiant if used else ""

    def clean(self):
        data = super().clean()
        start, end = data.get("date_debut"), data.get("date_fin")
        if start and end and end < start:
            self.add_error("date_fin", "La fin ne peut précéder le début.")
        if data.get("contrat") == TypeContrat.USAGER_ESAT and data.get("modalite") == Modalite.EMBAUCHE:
            self.add_error("modalite", "Un usager d'ESAT n'est pas embauché\u00a0: choisissez une autre modalité.")
        return data

    def _post_clean(self):
        """`utilisateur` is an `Organisme`, made a row by the action alone."""
        named = self.cleaned_data.pop("utilisateur", None)
        super()._post_clean()
        self.cleaned_data["utilisateur"] = named


class ProlongationForm(forms.Form):
    motif = forms.ChoiceField(label="Motif", choices=MotifProlongation.choices)
    mois = forms.IntegerField(
        label="Durée (mois)", min_value=1, max_value=120, initial=12, widget=forms.TextInput({"inputmode": "numeric"})
    )
    justificatif_vu_le = JourPasseField(
        label="Justificatif vu le", required=False, help_text="Il est consulté, jamais conservé."
    )


class TransfertForm(forms.Form):
    """The person goes on with another employer; their consent is dated, never supposed."""

    vers = OrganismeField(label="Nouvel employeur", required=True)
    le = JourField(label="À partir du")
    consentement_le = JourPasseField(
        label="Consentement de la personne recueilli le",
        help_text="Sans son accord, ce qui est noté sous son code ne la suit pas.",
    )
    modalite = forms.ChoiceField(label="Modalité", choices=Modalite.choices)
    contrat = forms.ChoiceField(label="Contrat", choices=TypeContrat.choices)

    def clean(self):
        data = super().clean()
        day, agreed = data.get("le"), data.get("consentement_le")
        if day and agreed and agreed > day:
            self.add_error("consentement_le", "Le consentement de la personne vient avant le passage.")
        return data


class MissionField(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        post = f", {obj.metier}" if obj.metier else ""
        return f"{obj.employeur}{post}, à partir du {jour(obj.date_debut)}"


class FormationForm(forms.ModelForm):
    heures = NombreField(label="Heures prévues", required=False)
    demandee_le = JourPasseField(label="Financement demandé le", required=False)
    du = JourField(label="Du", required=False)
    au = JourField(label="au", required=False)
    mission = MissionField(
        label="Mission proposée ensuite",
        queryset=Affectation.objects.none(),
        required=False,
        empty_label="Aucune pour l'instant",
        help_text="L'affectation à laquelle cette formation a mené.",
    )

    class Meta:
        model = ActionFormation
        fields = [
            "intitule",
            "dispositif",
            "financeur",
            "certifiante",
            "heures",
            "statut",
            "demandee_le",
            "du",
            "au",
            "resultat",
            "mission",
        ]
        help_texts = {
            "dispositif": "Par exemple POE collective, plan de l'employeur, CPF.",
            "financeur": "Par exemple l'OPCO, la Région, France Travail.",
            "resultat": "Une fois la formation terminée.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        mine = Affectation.objects.filter(participant=self.instance.participant_id).select_related("employeur")
        self.fields["mission"].queryset = mine

    def clean(self):
        data = super().clean()
        start, end = data.get("du"), data.get("au")
        if start and end and end < start:
            self.add_error("au", "La fin ne peut précéder le début.")
        over: set[Any] = {StatutFormation.TERMINEE, StatutFormation.ABANDONNEE}
        if data.get("resultat") and data.get("statut") not in over:
            self.add_error("resultat", "Un résultat se note une fois la formation terminée ou abandonnée.")
        verdict = mission_possible(data.get("mission"), data.get("statut"), start, end)
        if verdict.is_blocking:
            self.add_error("mission", f"{verdict.reason} {verdict.remede}".strip())
        return data


class EffacementForm(forms.Form):
    motif = forms.ChoiceField(
        label="Pourquoi",
        choices=[each for each in MotifEffacement.choices if each[0] != MotifEffacement.TERME],
    )
    code = forms.CharField(
        label="Recopiez le code de la personne", max_length=20,
        help_text="Pour être sûr de ne pas effacer quelqu'un d'autre.",
    )  # fmt: skip

    def __init__(self, *args, participant: Participant, **kwargs):
        super().__init__(*args, **kwargs)
        self.participant = participant

    def clean_code(self):
        typed = self.cleaned_data["code"].strip().upper()
        if typed != self.participant.code.upper():
            raise ValidationError("Ce n'est pas le code de cette personne\u00a0: rien n'est effacé.")
        return typed


class CodeEquipeField(forms.CharField):
    def to_python(self, value):
        return super().to_python(value).upper().replace(" ", "")


class MatriculeForm(forms.ModelForm):
    """What the employer keeps of an assignment: its own number, and the team."""

    class Meta:
        model = Affectation
        fields = ["matricule", "equipe"]
        labels = {"matricule": "Numéro de paie", "equipe": "Équipe"}
        help_texts = {
            "matricule": "Vu de votre organisation seule\u00a0: ni nom, ni numéro de sécurité sociale.",
            "equipe": "Un code court de votre choix, par exemple «\u00a0A\u00a0» ou «\u00a0NUI-3\u00a0»\u00a0; le "
            "facilitateur le lit.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # « nui-3 » is typed as well as « NUI-3 »
        self.fields["equipe"] = CodeEquipeField(
            label="Équipe", required=False, max_length=7, help_text=self.fields["equipe"].help_text,
            validators=[CODE_EQUIPE],
        )  # fmt: skip
