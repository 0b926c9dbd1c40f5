"""First list of a process, ranked without compiled kernels."""
