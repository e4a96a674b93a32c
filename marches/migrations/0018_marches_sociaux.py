from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q

SOCIAL = Q(clause_sociale=True) | Q(critere_social=True) | ~Q(reservation="aucune")


def fill(apps, schema_editor):
    """`social` of each contract, as `marches.upsert.contrats` keeps it from now on."""
    lots = apps.get_model("marches", "Lot").objects.filter(SOCIAL, marche=OuterRef("pk")).order_by()
    apps.get_model("marches", "Marche").objects.filter(Exists(lots)).update(social=True)


class Migration(migrations.Migration):
    """A contract says whether any of its lots is social: words and that are then asked of one and the same row."""

    dependencies = [("marches", "0017_questions")]
    operations = [
        migrations.AddField("marche", "social", models.BooleanField(default=False, editable=False)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
