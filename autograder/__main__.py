"""`python -m autograder` is `stride`."""

import sys

from autograder.cli import main

sys.exit(main())
