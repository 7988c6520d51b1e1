"""What every page shares: its style, its figures, its markup, and what it says of the study."""
