"""Ways into hosts: a login, the user's own SSH configuration, keys on record."""
