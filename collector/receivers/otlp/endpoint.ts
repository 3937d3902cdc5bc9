import { z } from "zod";
import { type HostPort, parseHostPort } from "../../pipeline/settings.ts";

/** Where a server listens. */
export type Endpoint = { readonly kind: "tcp"; readonly address: HostPort } | { readonly kind: "unix"; readonly path: string };

/** `endpoint` and `transport` of confighttp/configgrpc; to be spread into a server's schema and read by `readEndpoint`. */
export const endpointKeys = (defaultEndpoint: string) => ({
  endpoint: z.string().default(defaultEndpoint),
  transport: z.enum(["tcp", "unix"]).default("tcp"),
});

export function readEndpoint(config: { readonly endpoint: string; readonly transport: "tcp" | "unix" }, check: z.RefinementCtx): Endpoint {
  if (config.transport === "unix") {
    if (config.endpoint === "") return refuse(check, "a unix socket needs a path, like endpoint: /run/pitwall/otlp.sock");
    return { kind: "unix", path: config.endpoint };
  }
  const address = parseHostPort(config.endpoint);
  if (address !== undefined) return { kind: "tcp", address };
  const hint = /^https?:\/\//.test(config.endpoint) ? "; leave the scheme away" : "";
  return refuse(check, `"${config.endpoint}" is not host:port (like 127.0.0.1:4318, [::1]:4318, or 127.0.0.1:0 for any free port)${hint}`);
}

function refuse(check: z.RefinementCtx, message: string): never {
  check.addIssue({ code: "custom", path: ["endpoint"], message });
  return z.NEVER;
}
