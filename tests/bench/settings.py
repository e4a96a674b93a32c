"""The settings of the portal, with one more address: an empty page."""

from portal.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
