from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Apart from what fills the column: an index waits for the rows of its table to be written for good."""

    dependencies = [("marches", "0018_marches_sociaux")]
    operations = [
        migrations.AddIndex(
            "marche",
            models.Index(fields=["-recence", "-id"], condition=Q(social=True), name="marche_sociaux"),
        ),
    ]
