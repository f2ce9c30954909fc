"""Sheets of labels that a scanner reads."""
