"""Who is written to about clauses, one function a message."""
