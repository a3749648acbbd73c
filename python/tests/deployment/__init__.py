"""What bundles say to others' programs, read by those or by the schemas that they are described by."""
