"""Where the table lies: the same questions to Polars, DuckDB, Parquet files and Spark.

A table that is not in this process is asked for one grouped aggregation, by design units,
groups and level, through Narwhals, the same code for each engine. What comes home is a row
of sums for each of these cells, and a ``Survey`` whose rows stand for many respondents goes
through the same estimators and the same variance as one in memory.
"""
