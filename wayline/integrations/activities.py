ACTIVITIES = {
    "webhook.created": "Made a webhook",
    "webhook.changed": "Changed a webhook",
    "webhook.key_changed": "Changed a webhook's key",
    "webhook.tested": "Tested a webhook",
    "webhook.disabled": "A webhook was switched off after failing for days",
    "webhook.deleted": "Deleted a webhook",
    "delivery.sent_again": "Sent a delivery again",
}
