"""Documents from files: texts, and annotated documents such as the output of `apply`."""
