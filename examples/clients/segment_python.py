import os

from segment.analytics.client import Client

client = Client(os.environ["KEY"], host=os.environ["HOST"])
client.identify("ines", {"email": "ines@example.com", "plan": "pro"})
client.track("ines", "Order Completed", {"order_id": "o-17", "total": 49.5})
client.track("ines", "Survey Answered", {"score": 9, "scale": "nps", "text": "Quick and clear."})
client.shutdown()
