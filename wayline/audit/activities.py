ACTIVITIES: dict[str, str] = {}
