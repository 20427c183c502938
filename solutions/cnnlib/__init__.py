"""Convolutional networks built from nothing: one concept a file. You write these files."""
