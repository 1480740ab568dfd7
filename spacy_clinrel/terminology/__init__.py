"""Terminologies: the user's table of codes and names, and the search in it."""
