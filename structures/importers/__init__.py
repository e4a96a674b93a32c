"""One file per official format, all ending in the same upsert."""
