"""What pages print of the directory, made ready in words: templates only write."""
