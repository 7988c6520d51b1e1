"""That nothing which identifies a respondent or a firm leaves the room: codes, and a search."""
