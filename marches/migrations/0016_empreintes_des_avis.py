"""The fingerprint of each record of a notice is that of what it says: all had the same one, one character long.

A notice sent again with something else in it was then taken for the one already known.
"""

import hashlib
import json

from django.db import migrations

BATCH = 500  # contents in memory at once


def forwards(apps, editor):
    model = apps.get_model("marches", "SourceAvis")
    some = []
    for row in model.objects.only("donnees").order_by("pk").iterator(BATCH):
        text = json.dumps(row.donnees, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        row.empreinte = hashlib.sha256(text.encode()).hexdigest()
        some.append(row)
        if len(some) == BATCH:
            model.objects.bulk_update(some, ["empreinte"])
            some = []
    model.objects.bulk_update(some, ["empreinte"])


class Migration(migrations.Migration):
    dependencies = [("marches", "0015_index_du_registre")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop, elidable=True)]
