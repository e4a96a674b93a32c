from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from what fills the columns: an index waits for the rows of its table to be written for good."""

    dependencies = [("marches", "0021_deux_autres_ordres")]
    operations = [
        migrations.AddIndex("marche", models.Index(fields=["objet_tri", "id"], name="marche_titres")),
        migrations.AddIndex("marche", models.Index(fields=["-montant_lots", "-id"], name="marche_montants")),
    ]
