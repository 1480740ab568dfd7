"""Command line of the study of relation models."""

import sys

from research.common.runner import main

from .study import RelationStudy

if __name__ == "__main__":
    sys.exit(main(RelationStudy()))
