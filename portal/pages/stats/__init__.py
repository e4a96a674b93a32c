"""Counts and lists as plain values: the home page, and what each role has to do today."""
