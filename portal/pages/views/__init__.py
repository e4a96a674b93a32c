"""Thin pages: home and site, stories to read, stories to write, dashboards."""
