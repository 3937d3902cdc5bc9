import { NGINX_LOG_FORMATS } from "../../collector/model/catalog-nginx.ts";

export interface NginxSettings {
  /** Own folder of this nginx: pid, logs and temporary files are put there. */
  readonly folder: string;
  /** `127.0.0.1:8080`. */
  readonly listen: string;
  /** `127.0.0.1:8082`: the api-server. */
  readonly upstream: string;
  /** The line of the access log; both can be joined with the other witnesses. */
  readonly format: keyof typeof NGINX_LOG_FORMATS;
  /** Idle connections to the upstream that each worker keeps; 0 = a new one for every request. */
  readonly keepalive: number;
  /** Longest wait for the upstream's next bytes. */
  readonly readTimeoutSeconds: number;
  /** Of the workers, where nginx is started by root; "" otherwise. */
  readonly user: string;
  /** Further directives of the `server` block, e.g. `limit_rate 64k;` for a fault that is wanted. */
  readonly more: string;
}

export const NGINX_DEFAULTS = { format: "timing", keepalive: 32, readTimeoutSeconds: 60, user: "", more: "" } as const;

/** Name of the access log in the settings' folder. */
export const ACCESS_LOG = "access.log";

/**
 * The configuration of an nginx before an api-server, as for a load test: timing log, connections to the upstream kept open, no retry that would
 * hide a failed try. For nginx 1.15.3 or newer.
 */
export function renderNginxConfig(settings: NginxSettings): string {
  const { folder, listen, upstream, keepalive, readTimeoutSeconds, user, more } = settings;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path "${folder}/${name}";`).join("\n");
  return `daemon off;
master_process on;
worker_processes 1;
${user === "" ? "" : `user ${user};\n`}pid "${folder}/nginx.pid";
error_log "${folder}/error.log" warn;
events { worker_connections 1024; }
http {
${temporary}
${accessLog(settings)}
  upstream api_server {
    server ${upstream};
${keepalive === 0 ? "" : `    keepalive ${keepalive};\n`}  }
  server {
    listen ${listen};
    location / {
      proxy_pass http://api_server;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Request-Id $request_id;
      proxy_read_timeout ${readTimeoutSeconds}s;
      proxy_next_upstream off;
    }
${more === "" ? "" : `    ${more}\n`}  }
}
`;
}

/** The recommended lines, with the log in the own folder. */
function accessLog({ folder, format }: NginxSettings): string {
  const lines = NGINX_LOG_FORMATS[format].replace(/access_log \S+/, `access_log "${folder}/${ACCESS_LOG}"`).trimEnd();
  return lines.replaceAll(/^/gm, "  ");
}
