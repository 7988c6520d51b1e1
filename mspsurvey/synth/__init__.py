"""An invented population with a known truth, and the surveys drawn from it."""
