"""The invented firms and clients, and what is true of them."""
