"""The secret address at which a calendar reads the days of the contracts of an organisation."""

import secrets

from django.conf import settings
from django.db import models

from portal.permissions import Role
from structures.models import Organisation


def nouvelle_cle() -> str:
    """22 characters that nobody guesses: with another one, the former address opens nothing any more."""
    return secrets.token_urlsafe(16)


class Agenda(models.Model):
    """One address for all the members of an organisation under one role; `cle` is what it holds, signed."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="agendas")
    role = models.CharField("rôle", max_length=15, choices=Role)
    cle = models.CharField(max_length=32, unique=True, default=nouvelle_cle, editable=False)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    cree_le = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "agenda partagé"
        verbose_name_plural = "agendas partagés"
        constraints = [models.UniqueConstraint(fields=["organisation", "role"], name="agenda_unique")]

    def __str__(self) -> str:
        return f"Agenda de {self.organisation} ({self.get_role_display()})"
