"""From estimates to findings: definitions, decision rules, strength, wording."""
