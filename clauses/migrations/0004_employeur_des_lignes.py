"""Lines typed before learn who employed, from their assignment."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def copy_employer(apps, schema_editor):
    lines = apps.get_model("clauses", "LigneHeures").objects.filter(employeur=None).exclude(affectation=None)
    employers = apps.get_model("clauses", "Affectation").objects.filter(pk=OuterRef("affectation"))
    lines.update(employeur=Subquery(employers.values("employeur")[:1]))


class Migration(migrations.Migration):
    dependencies = [("clauses", "0003_personnes_effacees")]
    operations = [migrations.RunPython(copy_employer, migrations.RunPython.noop, elidable=True)]
