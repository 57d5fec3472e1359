"""What the commands show, and where: data on stdout, progress and diagnostics on stderr."""
