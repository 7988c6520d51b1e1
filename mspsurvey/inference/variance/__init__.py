"""One variance under every estimator."""
