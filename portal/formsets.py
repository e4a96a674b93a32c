"""Rows typed one under the other on a page: members, founders, references."""

from typing import Any

from django.forms import BaseFormSet


class LignesFormSet(BaseFormSet):
    """Rows in the order typed; `principal` is the field without which a row is no row."""

    principal = ""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = "Retirer cette ligne"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows to keep, once valid: neither left empty nor ticked to be removed."""
        kept = [form.cleaned_data for form in self.forms if form.has_changed() or form.initial]
        return [row for row in kept if row and row.get(self.principal) and not row.get("DELETE")]
