"""What can be wrong with a ZIP archive."""

import zipfile
import zlib

# What the reader of ZIP files raises where single bytes are wrong: also flags that claim a
# password (RuntimeError), versions and methods that do not exist (NotImplementedError, which is
# one), members that are not there, and names and offsets that are none.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, KeyError, ValueError, OverflowError,
)  # fmt: skip
