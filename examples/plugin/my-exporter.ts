import { exporter, z } from "pitwall/define";

/** A component from outside the project: says after each batch how many items each service has sent so far. */
export const serviceCount = exporter({
  type: "service_count",
  about: "Counts items by service.name and prints the counts.",
  signals: ["traces", "metrics", "logs"],
  config: z.strictObject({ prefix: z.string().default("") }),
  async open(config, context) {
    const counts = new Map<string, number>();
    return {
      async push(batch) {
        for (const { resource } of batch.items) {
          const service = resource.attributes.getString("service.name") ?? "unknown";
          counts.set(service, (counts.get(service) ?? 0) + 1);
        }
        const words = [...counts].map(([service, count]) => `${service}=${count}`);
        await context.stdout(`${config.prefix}${words.join(" ")}\n`);
      },
      async [Symbol.asyncDispose]() {},
    };
  },
});
