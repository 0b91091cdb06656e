"""The Otto table: read from CSV, made up, and kept in HDF5 and LMDB."""
