"""The HTTP edge: verifies what comes in, hands it to Temporal, reads what people ask to see."""
