"""The sample as it was drawn: strata, units, finite populations, replicates, coded once."""
