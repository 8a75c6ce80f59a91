ACTIVITIES = {
    "consent.changed": "Wrote down what a customer allows",
    "merge.undone": "Parted two customers that had been joined",
}
