"""Compose hospital-format Chinese notes with complete annotation from an inventory of annotated phrases."""
