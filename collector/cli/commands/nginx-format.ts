import { NGINX_LOG_FORMATS } from "../../model/catalog-nginx.ts";
import type { Terminal } from "../terminal.ts";

export interface NginxFormatOptions {
  readonly format: keyof typeof NGINX_LOG_FORMATS;
}

/** `pitwall nginx-format`: the log_format that lets the proxy's view be joined with the others. */
export async function nginxFormat({ format }: NginxFormatOptions, terminal: Terminal): Promise<number> {
  await terminal.writeOut(NGINX_LOG_FORMATS[format]);
  terminal.writeError("Put this into the http block of nginx.conf, then: nginx -t && nginx -s reload\n");
  return 0;
}
