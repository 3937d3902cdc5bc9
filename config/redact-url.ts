/** Names of query parameters that end like this carry credentials (`api_key`, `X-Amz-Signature`, SAS' `sig`). */
const SECRET_PARAMETER = /(?:token|key|pass(?:word|wd|phrase)?|pwd|secret|sig(?:nature)?|auth(?:orization)?|credentials?|jwt)$/i;
const IS_URL = /^\s*[a-z][a-z0-9+.-]*:\/\//i;
const USER = /^(\s*[^/]*:\/\/)[^/?#]*@/;
/** What does not parse may have a slash in its password. */
const USER_OF_BROKEN = /^(\s*[^/]*:\/\/)[^?#]*@/;

/** A URL without what logs in: its userinfo, and the values of query parameters (also behind `#`) that are called like a secret. Anything else as it is. */
export function redactUrl(text: string, redacted: string): string {
  if (!IS_URL.test(text)) return text;
  return text
    .replace(URL.canParse(text) ? USER : USER_OF_BROKEN, (_, scheme: string) => `${scheme}${redacted}@`)
    .replaceAll(/([?&;#])([^=?&;#]+)=([^&;#]+)/g, (whole, mark: string, name: string) =>
      SECRET_PARAMETER.test(decoded(name)) ? `${mark}${name}=${redacted}` : whole,
    );
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
