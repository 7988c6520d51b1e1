"""Files that SPSS and Stata store."""
