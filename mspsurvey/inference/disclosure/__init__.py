"""Disclosure control: no published number, alone or with others, tells of one firm."""
