"""What stands between the step engine and whatever stores records and moves messages: a file for each target."""
