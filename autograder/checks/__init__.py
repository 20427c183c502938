"""The checks, one file per cnnlib file: `checks/conv.py` holds those of `cnnlib/conv.py` in its `EXERCISES`."""
