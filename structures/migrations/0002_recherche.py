"""Full-text indexes, on PostgreSQL only."""

from django.db import migrations

from portal.search import racines_index


class Migration(migrations.Migration):
    dependencies = [("structures", "0001_initial")]

    operations = [racines_index("structures_structure", "structure_racines")]
