"""The table: a module of rows per app."""

from importlib import import_module
from pkgutil import iter_modules

ROWS = [
    row
    for module in sorted(iter_modules(__path__), key=lambda module: module.name)
    for row in import_module(f"{__name__}.{module.name}").ROWS
]
