"""The certificate that NGINX serves: asked for with certbot, renewed, and put in service."""
