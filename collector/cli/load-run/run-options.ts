/** What `pitwall run` was asked for, checked. Durations in ms. */
export interface RunOptions {
  readonly name: string;
  readonly label?: readonly string[];
  /** Base URL of a run API that may already listen. */
  readonly api: string;
  readonly token?: string;
  /** OTLP/HTTP and gRPC of the collector that is started where none listens; port 0 takes any free one. */
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
  /** OTLP/HTTP of the collector that already listens, where it is not beside the API on port 4318. */
  readonly otlp?: string;
  readonly nginxLog?: readonly string[];
  readonly process?: readonly string[];
  readonly config?: readonly string[];
  readonly set?: readonly string[];
  readonly endpointRule?: readonly string[];
  readonly threshold?: readonly string[];
  readonly thresholds?: string;
  readonly preset?: string;
  readonly dataset?: string;
  readonly target?: string;
  readonly before: number;
  readonly after: number;
  readonly settle: number;
  readonly runsDir: string;
  readonly out?: string;
  readonly junit?: string;
  readonly requireVerdict?: boolean;
  readonly keepK6Output?: boolean;
  /** False with --no-k6-json, --no-k6-otlp, --no-host. */
  readonly k6Json: boolean;
  readonly k6Otlp: boolean;
  readonly host: boolean;
  readonly temporality: "cumulative" | "delta";
  readonly quiet?: boolean;
  readonly color: boolean;
}

/** Folder of the ledgers, and of the reports beside them, unless --runs-dir says otherwise. */
export const RUNS_FOLDER = ".pitwall/runs";
export const API_ENDPOINT = "127.0.0.1:4319";
