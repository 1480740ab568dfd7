"""Study that compares joint extraction with a pipeline of two components."""
