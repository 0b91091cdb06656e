"""What desktops need of a host besides their own files: packages, and what their users may do."""
