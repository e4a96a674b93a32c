"""Writes of the directory: one transaction for the rows, their trace and their messages."""
