import os

from posthog import Posthog

client = Posthog(os.environ["KEY"], host=os.environ["HOST"])
client.set(distinct_id="ines", properties={"email": "ines@example.com", "plan": "pro"})
client.capture("Order Completed", distinct_id="ines", properties={"order_id": "o-17", "total": 49.5})
client.shutdown()
