"""Business accounts: companies whose members are customers."""
