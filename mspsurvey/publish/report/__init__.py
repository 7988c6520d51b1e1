"""A report: its notebook run, read, and turned into a page that stands alone."""
