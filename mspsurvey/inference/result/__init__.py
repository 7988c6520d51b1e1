"""Estimates and what can be asked of them: comparisons, contrasts, whether they may be shown."""
