"""What sales prints and mails to customers."""
