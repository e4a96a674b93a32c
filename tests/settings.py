"""The settings of the portal, for tests: nothing leaves the process. `tests/engine.py` chooses
the database and the folder of uploaded files."""

import os
from pathlib import Path

from portal.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend", "QUEUES": ["default"]}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = Path(MEDIA_ROOT, os.environ.get("PYTEST_XDIST_WORKER", "main"))  # noqa: F405
ACCOUNT_RATE_LIMITS = False  # the tests sign in more often than a person; the limits have tests of their own
