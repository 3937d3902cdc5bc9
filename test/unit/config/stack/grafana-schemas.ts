/*
 * What Grafana reads from provisioning files: field names and types of its own structs, unknown fields refused.
 * Source: grafana/grafana docs/sources/administration/provisioning, pkg/services/provisioning/{datasources,dashboards}/types.go
 */
const strict = (properties: object, required: readonly string[]) => ({ type: "object", additionalProperties: false, properties, required });
const text = { type: "string" };
const flag = { type: "boolean" };
const whole = { type: "integer" };

export const DATASOURCES_SCHEMA = strict(
  {
    apiVersion: { const: 1 },
    prune: flag,
    deleteDatasources: { type: "array", items: strict({ name: text, orgId: whole }, ["name"]) },
    datasources: {
      type: "array",
      minItems: 1,
      items: strict(
        {
          name: text,
          type: { enum: ["prometheus", "tempo"] },
          uid: { type: "string", pattern: "^[a-zA-Z0-9_-]{1,40}$" },
          access: { enum: ["proxy", "direct"] },
          orgId: whole,
          url: { type: "string", pattern: "^https?://[^/]+" },
          user: text,
          database: text,
          basicAuth: flag,
          basicAuthUser: text,
          withCredentials: flag,
          isDefault: flag,
          version: whole,
          editable: flag,
          jsonData: {
            type: "object",
            additionalProperties: false,
            properties: {
              httpMethod: { enum: ["GET", "POST"] },
              timeInterval: { type: "string", pattern: "^\\d+(ms|s|m)$" },
              prometheusType: { enum: ["Prometheus", "Cortex", "Mimir", "Thanos"] },
              exemplarTraceIdDestinations: {
                type: "array",
                items: strict({ name: text, datasourceUid: text, url: text, urlDisplayLabel: text }, ["name"]),
              },
            },
          },
          secureJsonData: { type: "object" },
        },
        ["name", "type", "access", "url"],
      ),
    },
  },
  ["apiVersion", "datasources"],
);

export const DASHBOARD_PROVIDERS_SCHEMA = strict(
  {
    apiVersion: { const: 1 },
    providers: {
      type: "array",
      minItems: 1,
      items: strict(
        {
          name: text,
          orgId: whole,
          folder: text,
          folderUid: { type: "string", pattern: "^[a-zA-Z0-9_-]{1,40}$" },
          type: { const: "file" },
          disableDeletion: flag,
          updateIntervalSeconds: { type: "integer", minimum: 1 },
          allowUiUpdates: flag,
          options: strict({ path: { type: "string", pattern: "^/" }, foldersFromFilesStructure: flag }, ["path"]),
        },
        ["name", "type", "options"],
      ),
    },
  },
  ["apiVersion", "providers"],
);
