import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: process.env.KEY, host: process.env.HOST });
analytics.identify({ userId: "ines", traits: { email: "ines@example.com", plan: "pro" } });
analytics.track({ userId: "ines", event: "Order Completed", properties: { order_id: "o-17", total: 49.5 } });
await analytics.closeAndFlush();
