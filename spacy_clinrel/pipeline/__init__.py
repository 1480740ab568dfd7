"""The components. They reach the models only through spaCy's registry."""
