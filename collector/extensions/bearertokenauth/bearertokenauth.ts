import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { z } from "zod";
import { LoadError } from "../../model/errors.ts";
import { extension } from "../../pipeline/define.ts";
import { secret } from "../../pipeline/settings.ts";

const config = z
  .strictObject({
    header: z.string().min(1).default("Authorization"),
    scheme: z.string().default("Bearer"),
    token: secret().optional(),
    tokens: z.array(secret()).min(1).optional(),
    /** One token a line; read again when it changes. Stands above `tokens`, which stands above `token`. */
    filename: z.string().optional(),
  })
  .superRefine((given, check) => {
    if (given.token !== undefined || given.tokens !== undefined || given.filename !== undefined) return;
    check.addIssue({ code: "custom", path: ["token"], message: "give token, tokens or filename: without one nobody could be let in" });
  });

/** Ms between two looks at the token file; a rotated token may be refused for so long. */
const FILE_CHECK_MS = 5000;

/** otelcol's `bearertokenauth`: receivers let in who shows one of the tokens, exporters show the first. */
export const bearertokenauth = extension({
  type: "bearertokenauth",
  about: "Authenticates by a bearer token: judges requests for receivers, signs them for exporters.",
  config,
  async open({ header, scheme, token, tokens, filename }, context) {
    const headerName = header.toLowerCase();
    const prefix = scheme === "" ? "" : `${scheme} `;
    const literal = (tokens ?? (token === undefined ? [] : [token])).map((each) => each.reveal());
    let current = filename === undefined ? literal : readTokens(filename, context.id);
    let digests = current.map((each) => digest(prefix + each));

    const reload = () => {
      try {
        current = readTokens(filename as string, context.id);
        digests = current.map((each) => digest(prefix + each));
      } catch (error) {
        context.log.error({ err: error }, "the token file could not be read again; the old tokens stay valid");
      }
    };
    if (filename !== undefined) watchFile(filename, { interval: FILE_CHECK_MS, persistent: false }, reload);

    return {
      authenticate(headers) {
        const shown = headers[headerName];
        if (typeof shown !== "string" || shown === "") return { message: `missing or empty ${headerName} header`, challenge: scheme || "Bearer" };
        const wanted = digest(shown);
        // Every token is compared, in constant time: neither which one nor how much of it matched can be measured.
        let isKnown = false;
        for (const known of digests) isKnown = timingSafeEqual(known, wanted) || isKnown;
        return isKnown ? undefined : { message: `the ${headerName} header holds no valid token`, challenge: scheme || "Bearer" };
      },
      sign: () => ({ [headerName]: prefix + (current[0] ?? "") }),
      async [Symbol.asyncDispose]() {
        if (filename !== undefined) unwatchFile(filename, reload);
      },
    };
  },
});

/** Digests have one length, as timingSafeEqual demands, whatever the tokens' own. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function readTokens(filename: string, id: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(filename, "utf8");
  } catch (error) {
    throw new LoadError("E_FILE", `extensions::${id}: cannot read ${filename}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const tokens = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (tokens.length === 0) throw new LoadError("E_CONFIG_INVALID", `extensions::${id}: ${filename} holds no token`);
  return tokens;
}
