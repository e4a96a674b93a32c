"""What a facilitator's body adds to the figures of a year: size of companies, who pays for the work."""

from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction

from clauses.models import Facilitateur, Financement, TailleDeclarant
from portal.permissions import Acteur


@transaction.atomic
def completer(
    facilitateur: Facilitateur, annee: int, *, tailles: Mapping[int, str], financements: Mapping[str, Decimal | None],
    by: Acteur,
) -> None:  # fmt: skip
    """Write down sizes ({organisation: size, "" when it is not known}) and sources ({source: euros or None}).

    Sources that are not given any more go; sizes of other organisations stay.
    """
    for organisation, taille in tailles.items():
        known = TailleDeclarant.objects.filter(organisation=organisation)
        if not taille:
            known.delete()
        elif not known.filter(taille=taille).exists():
            TailleDeclarant.objects.update_or_create(
                organisation_id=organisation, defaults={"taille": taille, "notee_par": by.user}
            )
    rows = Financement.objects.filter(facilitateur=facilitateur, annee=annee)
    rows.exclude(source__in=financements).delete()
    for source, montant in financements.items():
        Financement.objects.update_or_create(
            facilitateur=facilitateur, annee=annee, source=source, defaults={"montant": montant}
        )
