import { z } from "zod";
import { extension } from "../../pipeline/define.ts";
import { secret } from "../../pipeline/settings.ts";
import { openHtpasswd } from "./htpasswd.ts";

const config = z
  .strictObject({
    /** For receivers: whom to let in. */
    htpasswd: z.strictObject({ file: z.string().optional(), inline: secret().optional() }).nullish(),
    /** For exporters: as whom to go. */
    client_auth: z.strictObject({ username: z.string().min(1), password: secret() }).nullish(),
  })
  .superRefine(({ htpasswd, client_auth: client }, check) => {
    const issue = (path: string, message: string) => check.addIssue({ code: "custom", path: [path], message });
    if (htpasswd && client) issue("client_auth", "give either htpasswd (for receivers) or client_auth (for exporters), not both");
    if (!htpasswd && !client) issue("htpasswd", "give htpasswd (for receivers) or client_auth (for exporters)");
    if (htpasswd && htpasswd.file === undefined && htpasswd.inline === undefined) issue("htpasswd", "give htpasswd.file or htpasswd.inline");
  });

const CHALLENGE = 'Basic realm="otlp", charset="UTF-8"';

/** otelcol's `basicauth` (RFC 7617). */
export const basicauth = extension({
  type: "basicauth",
  about: "Authenticates by user name and password: judges requests for receivers, signs them for exporters.",
  config,
  async open({ htpasswd, client_auth: client }, context) {
    const close = { async [Symbol.asyncDispose]() {} };
    if (client) {
      const authorization = `Basic ${Buffer.from(`${client.username}:${client.password.reveal()}`).toString("base64")}`;
      return { ...close, sign: () => ({ authorization }) };
    }
    const isKnown = openHtpasswd({ file: htpasswd?.file, inline: htpasswd?.inline?.reveal() }, context.id);
    return {
      ...close,
      authenticate({ authorization }) {
        if (authorization === undefined) return { message: "missing authorization header", challenge: CHALLENGE };
        const credentials = /^basic +([A-Za-z0-9+/_-]+=*)$/i.exec(authorization)?.[1];
        const decoded = credentials === undefined ? "" : Buffer.from(credentials, "base64").toString("utf8");
        const colon = decoded.indexOf(":");
        if (colon < 0) return { message: "the authorization header holds no Basic credentials", challenge: CHALLENGE };
        return isKnown(decoded.slice(0, colon), decoded.slice(colon + 1))
          ? undefined
          : { message: "unknown user or wrong password", challenge: CHALLENGE };
      },
    };
  },
});
