"""Benchmarks: figures to compare within one run, never a test that fails on a slow machine. `make bench`."""
