"""Commands that connect to a service of a host through a forwarded port."""
