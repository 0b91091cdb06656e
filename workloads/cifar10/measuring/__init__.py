"""One configuration, measured in a process of its own: threads and XLA can only be set before a framework starts."""
