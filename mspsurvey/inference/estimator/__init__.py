"""From a question to estimates: items, sums, shares, means, totals, ratios, quantiles."""
