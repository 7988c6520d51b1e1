"""Chart kinds: pure functions from estimates to charts."""
