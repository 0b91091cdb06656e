"""What AWS says of images, quotas and prices."""
