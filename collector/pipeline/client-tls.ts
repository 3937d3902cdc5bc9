import { readFileSync } from "node:fs";
import { createSecureContext, rootCertificates, type SecureContextOptions, type SecureVersion } from "node:tls";
import { LoadError } from "../model/errors.ts";
import type { ClientTls, Secret } from "./settings.ts";

/** What `tls` of an exporter means to node:tls, with its files read. */
export interface ClientTlsOptions extends SecureContextOptions {
  readonly rejectUnauthorized: boolean;
  /** Undefined: the name in the endpoint. */
  readonly servername?: string;
}

/**
 * Reads certificates and keys. `where` names the component in messages.
 * Throws: E_CONFIG_INVALID where only one of certificate and key is given or one of them is not what it should be, E_FILE where a file cannot be read.
 */
export function clientTlsOptions(tls: ClientTls, where: string): ClientTlsOptions {
  const ca = material(tls.ca_file, tls.ca_pem, `${where}: tls.ca_file`);
  const cert = material(tls.cert_file, tls.cert_pem, `${where}: tls.cert_file`);
  const key = material(tls.key_file, tls.key_pem, `${where}: tls.key_file`);
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? "cert_file" : "key_file";
    throw new LoadError("E_CONFIG_INVALID", `${where}: tls has a ${cert === undefined ? "key" : "certificate"} but no ${missing}`);
  }
  const options: ClientTlsOptions = {
    rejectUnauthorized: !tls.insecure_skip_verify,
    minVersion: `TLSv${tls.min_version}` as SecureVersion,
    ...(tls.max_version === undefined ? {} : { maxVersion: `TLSv${tls.max_version}` as SecureVersion }),
    ...(tls.server_name_override === undefined ? {} : { servername: tls.server_name_override }),
    ...(ca === undefined ? {} : { ca: tls.include_system_ca_certs_pool ? [...rootCertificates, ca] : ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(tls.cipher_suites === undefined ? {} : { ciphers: tls.cipher_suites.join(":") }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new LoadError("E_CONFIG_INVALID", `${where}: tls cannot be used: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  return options;
}

function material(file: string | undefined, pem: Secret | undefined, where: string): string | undefined {
  if (pem !== undefined) return pem.reveal();
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new LoadError("E_FILE", `${where}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
