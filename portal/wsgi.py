"""The server's door: `gunicorn portal.wsgi`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

# What was made while starting lives as long as the process: the collector need not go through it again and again.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
