"""How many answers a claim needs, and from which strata."""
