"""Faults that NVIDIA's driver (Xid) and its switches (SXid) report: read from the kernel's log, and what they mean. For `workloads` too."""
