"""Whether the certificate that this host trains still holds: looked at every few minutes, and proved again in idle gaps."""
