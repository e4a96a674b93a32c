"""The pages of the register, one module per subject."""
