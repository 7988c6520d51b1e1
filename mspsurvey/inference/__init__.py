"""From responses and a design to estimates with their uncertainty."""
