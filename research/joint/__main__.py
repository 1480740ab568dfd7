"""Command line of the study of joint extraction."""

import sys

from research.common.runner import main

from .study import JointStudy

if __name__ == "__main__":
    sys.exit(main(JointStudy()))
