"""Networks in PyTorch: one architecture a file. You write these files."""
