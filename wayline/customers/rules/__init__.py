"""What a workspace decides about recognising: values that say nothing, and how large a customer may grow."""
