const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i;
/** OpenTelemetry semantic conventions, `url.full` and `url.query`: values of these keys are to be redacted. */
const SIGNATURES = /([?&](?:AWSAccessKeyId|Signature|sig|X-Goog-Signature)=)[^&#]*/g;

/** A URL or a path with its query, without passwords and signatures; anything else as it is. */
export function redactUrl(url: string): string {
  const open = url.includes("@") ? url.replace(USER_INFO, (_, scheme: string, user: string) => `${scheme}${hidden(user)}@`) : url;
  return open.includes("?") ? open.replace(SIGNATURES, "$1REDACTED") : open;
}

function hidden(userInfo: string): string {
  return userInfo.includes(":") ? "REDACTED:REDACTED" : "REDACTED";
}
