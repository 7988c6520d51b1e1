"""What is made of a report, in a folder aside, before it is audited and published."""

from __future__ import annotations

FINDINGS, RECORD = "findings.json", "report.json"
LEDGER = "ledger.json"
"""Every number that the report shows, for the audit; it is private."""
HANDED_OVER = (FINDINGS, RECORD, LEDGER)
"""What a notebook's last cell, ``report.close()``, writes."""
PAGE = "page.html"
CHARTS = "charts.sha256"
"""Hash of each chart file: where they alone change, the page is laid down again."""
STAGED = (*HANDED_OVER, PAGE, CHARTS)
