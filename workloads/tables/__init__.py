"""Tables in CSV, as Kaggle gives them: asked for, found, hashed while they are read, and named by line and column where they are malformed."""
