"""The network or the group that a structure asks to join, and the answer."""

from django import forms

from structures.models import GroupeEconomique, Reseau, Structure

LONGEST_REASON = 300  # characters


class AdhesionForm(forms.Form):
    """One choice among the networks and groups of which the structure is not yet; `cible` is the row itself."""

    cible = forms.ChoiceField(
        label="Réseau ou groupe à rejoindre",
        help_text="Il reçoit votre demande et y répond. Votre fiche le nomme une fois qu'il a dit oui.",
        error_messages={
            "required": "Choisissez un réseau ou un groupe.",
            "invalid_choice": "Vous en faites déjà partie, l'avez déjà demandé, ou il n'existe plus\u00a0: choisissez "
            "dans la liste.",
        },
    )

    def __init__(self, *args, structure: Structure, **kwargs):
        super().__init__(*args, **kwargs)
        asked = structure.adhesions.values_list("reseau", "groupe")
        reseaux = Reseau.objects.exclude(structures=structure).exclude(pk__in=[pk for pk, _ in asked if pk])
        groupes = GroupeEconomique.objects.exclude(pk__in=[pk for _, pk in asked if pk])
        self._rows = {f"reseau-{row.pk}": row for row in reseaux.only("pk", "nom").order_by("nom")}
        if structure.groupe_id is None:  # a card has one group at most
            self._rows |= {f"groupe-{row.pk}": row for row in groupes.only("pk", "nom").order_by("nom")}
        named = {
            libelle: [(key, row.nom) for key, row in self._rows.items() if key.startswith(kind)]
            for kind, libelle in (("reseau", "Réseaux"), ("groupe", "Groupes économiques solidaires"))
        }
        self.fields["cible"].choices = [("", "— choisissez —"), *((name, rows) for name, rows in named.items() if rows)]
        self.possible = bool(self._rows)

    def clean_cible(self):
        return self._rows[self.cleaned_data["cible"]]


class RefusAdhesionForm(forms.Form):
    motif = forms.CharField(
        label="Motif du refus",
        max_length=LONGEST_REASON,
        help_text="La structure le reçoit par courriel.",
        error_messages={"required": "Dites pourquoi\u00a0: la structure saura quoi faire."},
    )
