ACTIVITIES = {
    "merge.undone": "Parted two customers that had been joined",
}
