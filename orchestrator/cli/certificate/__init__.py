"""Commands about what was proved: report, revoke, verify."""
