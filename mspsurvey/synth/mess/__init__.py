"""What goes wrong between an answer and a file: errors, each written into a log."""
