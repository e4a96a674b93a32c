"""Who is written to on this floor, one module per subject."""
