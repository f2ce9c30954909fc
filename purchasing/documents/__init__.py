"""What purchasing prints."""
