"""A Zabbix server: its database, and its configuration through the API."""
