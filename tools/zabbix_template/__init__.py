"""The template of GPUs for Zabbix 6.0 and 7.0, from one table of items and one description of what is made of them. Reads no host."""
