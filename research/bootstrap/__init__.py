"""Study of bootstrapping, and of the limits of its gain."""
