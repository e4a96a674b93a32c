"""What users type: calculator, clause, people, months of hours. Errors say what to do."""

from clauses.forms.calcul import CENT, CalculLotForm, secteurs_with_children
from clauses.forms.champs import MoisField
from clauses.forms.clauses import ClauseForm, HeuresDuesForm, OuvrirMoisForm
from clauses.forms.heures import (
    AnnulationForm,
    CorrectionForm,
    FichierHeuresForm,
    MutualisationForm,
    RefusForm,
    SaisieForm,
)
from clauses.forms.participants import (
    AffectationForm,
    AffectationModifieeForm,
    EffacementForm,
    EligibiliteForm,
    FormationForm,
    MatriculeForm,
    ParticipantForm,
    ProfilForm,
    ProlongationForm,
    TransfertForm,
)

__all__ = [
    "AffectationForm", "AffectationModifieeForm", "AnnulationForm", "CENT", "CalculLotForm", "ClauseForm",
    "CorrectionForm", "EffacementForm", "EligibiliteForm", "FichierHeuresForm", "FormationForm", "HeuresDuesForm",
    "MatriculeForm", "MoisField", "MutualisationForm", "OuvrirMoisForm", "ParticipantForm", "ProfilForm",
    "ProlongationForm", "RefusForm", "SaisieForm", "TransfertForm", "secteurs_with_children",
]  # fmt: skip
