"""Code shared by all studies: corpora, the runner of training runs, and pages with tables."""
