"""Study of document-level relations, between gold entities."""
