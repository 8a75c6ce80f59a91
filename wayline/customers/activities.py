ACTIVITIES = {
    "consent.changed": "Wrote down what a customer allows",
    "customers.merged": "Joined two customers",
    "merge.undone": "Parted two customers that had been joined",
}
