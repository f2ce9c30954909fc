"""The endpoints as most projects write them: ModelSerializer, nested writes, one line at a time."""
