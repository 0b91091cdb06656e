"""What a host is made of, as modules read and change it: programs, files, packages, sockets, and settings that are taken back."""
