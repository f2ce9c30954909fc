"""Printed documents: what their pages, tables and figures look like, whatever they are about.

Import these modules inside the function that prints: reportlab's layout engine takes long to load.
"""
