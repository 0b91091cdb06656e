"""The host's page. What the role `host_page` configures."""
