"""Back-ups: one file with the database's dump and the figures that prove what a restore brought."""
