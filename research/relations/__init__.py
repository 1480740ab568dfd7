"""Study of the relation models of two Chinese papers, between gold entities."""
