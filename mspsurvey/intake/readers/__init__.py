"""One module a survey platform: files in, answers and their metadata out."""
