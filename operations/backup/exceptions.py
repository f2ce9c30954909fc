"""What can be wrong with a back-up."""


class BackupError(Exception):
    """The text says what is wrong and what to do; the database is as it was."""
