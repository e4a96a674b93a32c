from django.db import migrations

from portal.search import racines_index


class Migration(migrations.Migration):
    dependencies = [("pages", "0001_initial")]
    operations = [racines_index("pages_temoignage", "temoignage_racines")]
