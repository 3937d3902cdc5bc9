import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { LoadError } from "../../model/errors.ts";

const SHA1 = "{SHA}";
/** bcrypt, Apache's MD5, crypt's SHA-256 and SHA-512, salted SHA: Node has none of them. */
const UNSUPPORTED = /^(\$2[abxy]?\$|\$apr1\$|\$1\$|\$5\$|\$6\$|\{SSHA\})/;

/**
 * Reads `user:password` lines, from the file and then the inline text (later lines win): passwords plain or as `{SHA}` with base64.
 *
 * Throws: E_FILE for an unreadable file; E_CONFIG_INVALID for a line without a colon or a hash that cannot be checked here.
 */
export function openHtpasswd(
  source: { readonly file: string | undefined; readonly inline: string | undefined },
  id: string,
): (user: string, password: string) => boolean {
  const digests = new Map<string, Buffer>();
  for (const { text, where } of [
    { text: source.file === undefined ? "" : readText(source.file, id), where: source.file },
    { text: source.inline ?? "", where: "htpasswd.inline" },
  ]) {
    text.split(/\r?\n/).forEach((raw, index) => {
      const line = raw.trim();
      if (line !== "" && !line.startsWith("#")) addUser(digests, line, `extensions::${id}: ${where}, line ${index + 1}`);
    });
  }
  const nobody = sha1("");
  return (user, password) => {
    const known = digests.get(user);
    // An unknown user costs the same time as a wrong password.
    const isEqual = timingSafeEqual(known ?? nobody, sha1(password));
    return isEqual && known !== undefined;
  };
}

function addUser(digests: Map<string, Buffer>, line: string, where: string): void {
  const colon = line.indexOf(":");
  if (colon <= 0) throw new LoadError("E_CONFIG_INVALID", `${where}: not user:password`);
  const password = line.slice(colon + 1);
  if (UNSUPPORTED.test(password)) {
    throw new LoadError("E_CONFIG_INVALID", `${where}: the hash ${password.slice(0, password.indexOf("$", 1) + 1) || "{SSHA}"} is not supported`, {
      hint: "Use a plain password or {SHA} (`htpasswd -s`).",
    });
  }
  const digest = password.startsWith(SHA1) ? Buffer.from(password.slice(SHA1.length), "base64") : sha1(password);
  if (digest.length !== sha1("").length) throw new LoadError("E_CONFIG_INVALID", `${where}: {SHA} wants 20 bytes in base64`);
  digests.set(line.slice(0, colon), digest);
}

function sha1(text: string): Buffer {
  return createHash("sha1").update(text).digest();
}

function readText(file: string, id: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new LoadError("E_FILE", `extensions::${id}: cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
