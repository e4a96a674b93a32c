"""Who acts, and which pages their role opens; what they reach inside a page is a queryset's `visible_to`."""

from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import TextChoices


class Role(TextChoices):
    """The six ways of using the portal, held through a membership of an organisation."""

    ACHETEUR = "acheteur", "Acheteur"
    STRUCTURE = "structure", "Structure inclusive"
    ENTREPRISE = "entreprise", "Entreprise titulaire"
    FACILITATEUR = "facilitateur", "Facilitateur"
    RESEAU = "reseau", "Réseau"
    ADMINISTRATION = "administration", "Administration"


@dataclass(frozen=True)
class Acteur:
    """A signed-in user acting for one organisation under one role; all three are None for a visitor.

    `organisation` is a `structures.Organisation`: typed loosely, since this floor stands below it.
    """

    user: Any = None
    organisation: Any = None
    role: Role | None = None
    titre: str = field(default="", compare=False)  # how to call it, where its role alone would be wrong

    @property
    def profil(self) -> str:
        """What it acts as, for people to read."""
        return self.titre or (str(self.role.label) if self.role else "")

    @property
    def is_visitor(self) -> bool:
        return self.user is None

    @property
    def organisation_id(self) -> int | None:
        return getattr(self.organisation, "pk", None)

    def has(self, *roles: Role) -> bool:
        """Whether the acting role is one of `roles`; administration is not implied."""
        return self.role in roles


def role_required(*roles: Role):
    """Open a view to these roles only: a visitor is sent to sign in, another role gets a 403 page that says why."""

    def decorate(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            if not request.acteur.has(*roles):
                names = ", ".join(role.label.lower() for role in roles)
                raise PermissionDenied(f"Cette page est ouverte aux profils suivants\u00a0: {names}.")
            return view(request, *args, **kwargs)

        checked.roles = roles
        return checked

    return decorate
