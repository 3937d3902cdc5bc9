import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions, type TlsOptions } from "node:tls";
import { LoadError } from "../../model/errors.ts";
import type { Secret } from "../../pipeline/settings.ts";
import { CIPHER_SUITES, CURVES, type ServerTls } from "./tls-config.ts";

/** How often the clients' CA is read anew where `client_ca_file_reload` is on and no `reload_interval` says more. */
const CLIENT_CA_RELOAD_MS = 10_000;

const VERSIONS = { "1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3" } as const;

/**
 * Certificates and rules for a server, read now. With `client_ca_file` clients must show a certificate of that CA (mutual TLS).
 *
 * Throws: E_FILE for a file that cannot be read; E_CONFIG_INVALID for a certificate or key that OpenSSL does not take.
 */
export function readServerTls(config: ServerTls, id: string): TlsOptions {
  const clientCa = config.client_ca_file === undefined ? undefined : readPem(config.client_ca_file, undefined, id);
  // As in Go, a server's own CA verifies nobody: it is read only so that a wrong path shows at start.
  readPem(config.ca_file, config.ca_pem, id);
  const context: SecureContextOptions = {
    cert: readPem(config.cert_file, config.cert_pem, id),
    key: readPem(config.key_file, config.key_pem, id),
    minVersion: VERSIONS[config.min_version],
    ...(clientCa === undefined ? {} : { ca: clientCa }),
    ...(config.max_version === undefined ? {} : { maxVersion: VERSIONS[config.max_version] }),
    ...(config.cipher_suites === undefined ? {} : { ciphers: config.cipher_suites.map((name) => CIPHER_SUITES[name]).join(":") }),
    ...(config.curve_preferences === undefined ? {} : { ecdhCurve: config.curve_preferences.map((name) => CURVES[name]).join(":") }),
  };
  try {
    createSecureContext(context);
  } catch (error) {
    throw new LoadError("E_CONFIG_INVALID", `receivers::${id}: tls: ${error instanceof Error ? error.message : String(error)}`, {
      hint: "Check that certificate and key are PEM and belong together.",
      cause: error,
    });
  }
  return { ...context, requestCert: clientCa !== undefined, rejectUnauthorized: clientCa !== undefined };
}

/** Ms between two readings of the files; undefined = never again. */
export function reloadIntervalMs(config: ServerTls): number | undefined {
  if (config.reload_interval !== undefined && config.reload_interval > 0) return config.reload_interval;
  return config.client_ca_file_reload && config.client_ca_file !== undefined ? CLIENT_CA_RELOAD_MS : undefined;
}

function readPem(file: string | undefined, pem: Secret | undefined, id: string): string | undefined {
  if (file === undefined) return pem?.reveal();
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new LoadError("E_FILE", `receivers::${id}: tls: cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
