"""Thinc models around the torch layers, and the registered architectures."""
