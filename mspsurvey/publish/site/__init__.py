"""The site: an index of reports and charts, the methods page, and the manifest of a build."""
