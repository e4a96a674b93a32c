"""What leaves this floor as tables and formats."""
