"""One collection over all cards of this host: through pynvml, with what the kernel says of processes. Changes nothing."""
