"""Values, doses and dates in clinical text, found by rules."""
