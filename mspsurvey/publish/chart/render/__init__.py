"""Renderers: the same chart as a Plotly figure, PNG, PDF and SVG."""
