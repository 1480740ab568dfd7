"""Pipeline components. They use models and scorers only through spaCy's registry."""
