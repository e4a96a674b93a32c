"""What was done of the hours missing on clauses: the last gap of each."""

from typing import Any

from django.utils import timezone

from clauses.rules import Suite


def dernieres_suites(ecarts: Any) -> dict[int, Suite]:
    """{clause: its last gap} out of these gaps; one query."""
    columns = ("clause", "etape", "heures_dues", "heures_acceptees", "decision", "decidee_le")
    rows = ecarts.order_by("constate_le", "pk").values_list(*columns)
    return {
        clause: Suite(step, max(due - accepted, due * 0), decision, timezone.localdate(when) if when else None)
        for clause, step, due, accepted, decision, when in rows
    }
