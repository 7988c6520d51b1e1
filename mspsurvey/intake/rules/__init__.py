"""Rules of cleaning, one module a subject; ``mspsurvey.intake.clean`` runs them in order."""
