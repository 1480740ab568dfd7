"""PyTorch modules. Nothing here knows spaCy or Thinc."""
