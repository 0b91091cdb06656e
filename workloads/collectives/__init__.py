"""The framework's own ways between the tasks of a step: TensorFlow's collective operations, JAX's distributed arrays."""
