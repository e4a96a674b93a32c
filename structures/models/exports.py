"""What exports keep ready made."""

from django.db import models

from structures.models.structures import Structure


class LigneExport(models.Model):
    """The line of a structure in the CSV of the directory; see `structures.exporters.lignes`, the only one to write it.

    Texts are joined cells, quoted where CSV asks for it, none of them run as a formula by a spreadsheet.
    """

    structure = models.OneToOneField(Structure, on_delete=models.CASCADE, primary_key=True, related_name="ligne_export")
    fiche_du = models.DateTimeField()  # `modifiee_le` of the card the line was made from
    empreinte = models.CharField(max_length=40)  # of the names it quotes
    avant = models.TextField()  # cells before the reserved lots
    apres = models.TextField()  # cells between them and the address of the card
    adresse = models.TextField()  # what follows the address of the list in that of the card
    contact = models.TextField()

    class Meta:
        verbose_name = "ligne d'export"
        verbose_name_plural = "lignes d'export"

    def __str__(self) -> str:
        return f"ligne de {self.structure_id}"
