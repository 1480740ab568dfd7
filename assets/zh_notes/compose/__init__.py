"""Compose hospital-format Chinese notes from an inventory of annotated phrases."""
