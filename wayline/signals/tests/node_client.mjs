// Segment's own client, as its documentation shows it; run by test_clients.py.
import { createRequire } from "node:module";

const { Analytics } = createRequire(`${process.env.PACKAGES}/`)("@segment/analytics-node");
const analytics = new Analytics({ writeKey: process.env.KEY, host: process.env.HOST, flushAt: 15 });
let failed = false;
analytics.on("error", (error) => {
  failed = true;
  console.error(error);
});

const userId = "noah";
analytics.identify({ userId, traits: { email: "noah@example.com", plan: "pro" } });
for (let number = 0; number < 40; number++) {
  analytics.track({
    userId,
    event: "Order Completed",
    properties: { order_id: `node-${number}`, revenue: 5, products: [{ product_id: "p1" }] },
  });
}
analytics.page({ userId, name: "Pricing", properties: { path: "/pricing" } });
analytics.screen({ userId, name: "Basket" });
analytics.group({ userId, groupId: "fernbrook", traits: { name: "Fernbrook" } });
analytics.alias({ userId, previousId: "visitor-4" });
await analytics.closeAndFlush({ timeout: 20_000 });
process.exit(failed ? 1 : 0);
