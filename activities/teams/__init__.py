"""What is shown and said in Teams."""
