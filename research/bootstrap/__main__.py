"""Command line of the study of bootstrapping."""

import sys

from research.common.runner import main

from .study import BootstrapStudy

if __name__ == "__main__":
    sys.exit(main(BootstrapStudy()))
