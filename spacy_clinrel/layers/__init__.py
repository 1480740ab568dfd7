"""PyTorch modules. They don't depend on spaCy or Thinc.

Shapes in the docstrings: *tokens* counts the tokens of all texts, one text after the other, and
*longest* is the length of the longest sequence of a padded batch.
"""
