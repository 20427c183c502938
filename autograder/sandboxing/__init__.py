"""Where untrusted code runs: bubblewrap, limits, a system call filter, and the worker inside."""
