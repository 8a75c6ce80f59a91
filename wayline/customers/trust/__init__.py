"""Which source is believed about a customer's traits, and for how long."""
