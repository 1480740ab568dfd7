"""Training on unlabelled text: character vectors, encoders, and input for `spacy pretrain`."""
