"""How good the data are: response, reliability, samples that people chose themselves into."""
