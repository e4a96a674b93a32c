"""What people type on this floor, one module per subject."""

from marches.forms.registre import RattacherForm

__all__ = ["RattacherForm"]
