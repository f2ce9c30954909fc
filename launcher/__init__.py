"""Starts the product from a bare checkout: environment, database, broker, processes."""
