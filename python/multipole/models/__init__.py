"""The models of this program's files as modules of torch."""
