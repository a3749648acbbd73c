"""What happens to one entity: `step(app, record, message)`, the same for every target."""
