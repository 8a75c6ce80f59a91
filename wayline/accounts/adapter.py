from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up alone: people are invited, or created on the command line."""

    def is_open_for_signup(self, request) -> bool:
        return False
