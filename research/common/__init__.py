"""What all studies share: their corpora, the runner of their cells, and the pages with tables."""
