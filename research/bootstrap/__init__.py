"""Study of bootstrapping and its limits."""
