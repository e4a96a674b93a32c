"""Who is written to about the directory, one function a message."""
