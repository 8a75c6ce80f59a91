ACTIVITIES = {
    "consent.changed": "Wrote down what a customer allows",
    "customers.merged": "Joined two customers",
    "identity.blocked": "Blocked a value, so that nobody is recognized by it",
    "identity.unblocked": "Let a value recognize customers again",
    "trust.changed": "Changed which sources are believed",
    "identity.rules_changed": "Changed how large a customer may grow",
    "duplicate.confirmed": "Said that two probable duplicates are the same",
    "duplicate.kept_apart": "Said that two customers are not the same",
    "duplicate.reconsidered": "Took back that two customers are not the same",
    "merge.undone": "Parted two customers that had been joined",
}
