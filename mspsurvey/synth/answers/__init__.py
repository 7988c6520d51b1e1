"""What the drawn units answer, question by question, as the form would ask."""
