"""Files in and out: imports that report every row before they write any, and exports of the same.

A file is copied into a temporary table and judged there by a few statements over all rows, however
many there are; then everything is written, or nothing. `kinds/` says what each kind of file holds.
"""
