"""What a hospital can check of a model before it trains it, without looking at a single row of its own."""
