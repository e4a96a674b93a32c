"""The directory out: tables and data·inclusion."""
