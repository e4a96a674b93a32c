"""Imports killed in the middle, on databases of their own; `make faults`."""
