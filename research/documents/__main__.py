"""Command line of the study of document-level relations."""

import sys

from research.common.runner import main

from .study import DocumentStudy

if __name__ == "__main__":
    sys.exit(main(DocumentStudy()))
