"""Many items by many columns in one table."""
