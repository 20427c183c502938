"""The checks of the networks in PyTorch, one file per file of cnnlib/nets."""
