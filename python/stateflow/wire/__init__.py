"""Values as bytes, with their run-time types."""
