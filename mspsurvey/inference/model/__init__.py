"""Regression models whose standard errors come from the design of the sample."""
