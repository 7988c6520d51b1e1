"""The public-use file: answers for everyone, of which none can be laid at a firm's door."""
