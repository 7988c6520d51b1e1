"""Where everything on a chart stands, in pixels: the one drawing that all renderers share."""
