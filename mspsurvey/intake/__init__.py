"""From raw exports to clean, checked responses, with every row accounted for."""
