import { z } from "zod";
import { duration, secret } from "../../pipeline/settings.ts";

const version = z.enum(["1.0", "1.1", "1.2", "1.3"]);

/** `tls` of a server (otelcol: config/configtls `ServerConfig`). */
export const serverTls = () =>
  z
    .strictObject({
      cert_file: z.string().optional(),
      cert_pem: secret().optional(),
      key_file: z.string().optional(),
      key_pem: secret().optional(),
      ca_file: z.string().optional(),
      ca_pem: secret().optional(),
      client_ca_file: z.string().optional(),
      client_ca_file_reload: z.boolean().default(false),
      include_system_ca_certs_pool: z.boolean().default(false),
      min_version: version.default("1.2"),
      max_version: version.optional(),
      cipher_suites: z.array(z.enum(CIPHER_SUITE_NAMES)).optional(),
      curve_preferences: z.array(z.enum(CURVE_NAMES)).optional(),
      reload_interval: duration().optional(),
    })
    .superRefine((config, check) => {
      const issue = (path: string, message: string) => check.addIssue({ code: "custom", path: [path], message });
      if (config.cert_file !== undefined && config.cert_pem !== undefined) issue("cert_pem", "give either cert_file or cert_pem, not both");
      if (config.key_file !== undefined && config.key_pem !== undefined) issue("key_pem", "give either key_file or key_pem, not both");
      if (config.ca_file !== undefined && config.ca_pem !== undefined) issue("ca_pem", "give either ca_file or ca_pem, not both");
      const hasCertificate = config.cert_file !== undefined || config.cert_pem !== undefined;
      const hasKey = config.key_file !== undefined || config.key_pem !== undefined;
      if (!hasCertificate) issue("cert_file", "a TLS server needs a certificate and its key: cert_file (or cert_pem) is missing");
      if (!hasKey) issue("key_file", "a TLS server needs a certificate and its key: key_file (or key_pem) is missing");
      if (config.max_version !== undefined && config.max_version < config.min_version) issue("max_version", "max_version is below min_version");
    });
export type ServerTls = z.output<ReturnType<typeof serverTls>>;

/** Go's names (crypto/tls) → OpenSSL's. */
export const CIPHER_SUITES = {
  TLS_AES_128_GCM_SHA256: "TLS_AES_128_GCM_SHA256",
  TLS_AES_256_GCM_SHA384: "TLS_AES_256_GCM_SHA384",
  TLS_CHACHA20_POLY1305_SHA256: "TLS_CHACHA20_POLY1305_SHA256",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: "ECDHE-RSA-AES128-SHA",
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: "ECDHE-RSA-AES256-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: "ECDHE-ECDSA-AES128-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: "ECDHE-ECDSA-AES256-SHA",
  TLS_RSA_WITH_AES_128_GCM_SHA256: "AES128-GCM-SHA256",
  TLS_RSA_WITH_AES_256_GCM_SHA384: "AES256-GCM-SHA384",
} as const;
const CIPHER_SUITE_NAMES = Object.keys(CIPHER_SUITES) as (keyof typeof CIPHER_SUITES)[];

/** Go's names of curves → OpenSSL's groups. */
export const CURVES = {
  X25519: "X25519",
  X25519MLKEM768: "X25519MLKEM768",
  P256: "P-256",
  P384: "P-384",
  P521: "P-521",
} as const;
const CURVE_NAMES = Object.keys(CURVES) as (keyof typeof CURVES)[];
