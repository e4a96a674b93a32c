"""Days that are typed: read as French people write them, and past where they tell of something done."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from clauses.forms.conventions import ConventionForm
from clauses.forms.participants import EligibiliteForm, ProlongationForm, TransfertForm
from clauses.forms.suivi import RepriseForm
from portal.fields import JourField, JourPasseField


@pytest.fixture(autouse=True)
def _in_june(time_machine):
    time_machine.move_to("2026-06-15 12:00+00:00", tick=False)


def test_a_day_done_is_today_at_the_latest():
    field = JourPasseField()
    assert field.clean("15/06/2026") == date(2026, 6, 15)
    assert field.clean("2001-02-03") == date(2001, 2, 3)
    with pytest.raises(ValidationError, match="à venir"):
        field.clean("16/06/2026")
    assert JourPasseField(required=False).clean("") is None
    assert JourField().clean("16/06/2026") == date(2026, 6, 16)


@pytest.mark.parametrize(
    ("form", "name"),
    [(EligibiliteForm, "justificatif_vu_le"), (ProlongationForm, "justificatif_vu_le"),
     (TransfertForm, "consentement_le"), (RepriseForm, "justificatif_vu_le"), (RepriseForm, "arretee_au"),
     (ConventionForm, "signee_le")],
)  # fmt: skip
def test_what_is_seen_agreed_or_signed_is_not_to_come(form, name):
    assert isinstance(form.base_fields[name], JourPasseField)
