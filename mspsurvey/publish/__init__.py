"""From estimates and findings to charts, tables, reports and the site."""
