"""What the product is measured by: limits, naive versions of its endpoints, and the clocks.

Started by `manage.py benchmark`; nothing of the product imports this.
"""
