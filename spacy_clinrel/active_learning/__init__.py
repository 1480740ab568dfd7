"""Learning from few labels: bootstrapping from a model's own labels, and choosing documents that
annotators should correct."""
