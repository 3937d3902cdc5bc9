import { type Metadata, Server, ServerCredentials, type ServerOptions, type ServiceDefinition, type StatusObject } from "@grpc/grpc-js";

export interface Call {
  readonly path: string;
  readonly metadata: Metadata;
  readonly bytes: Buffer;
}

export type Reply = { readonly response: Uint8Array } | { readonly status: Partial<StatusObject> } | "never";

export interface GrpcServer extends AsyncDisposable {
  readonly port: number;
  readonly calls: readonly Call[];
}

const SERVICES = { trace: "TraceService", metrics: "MetricsService", logs: "LogsService" };

const asIs = (bytes: Buffer): Buffer => bytes;

/** An OTLP/gRPC server of the library's making, which hands the bytes through. */
export async function grpcServer(
  reply: (call: Call, index: number) => Reply = () => ({ response: new Uint8Array() }),
  options: { readonly credentials?: ServerCredentials; readonly server?: ServerOptions } = {},
): Promise<GrpcServer> {
  const calls: Call[] = [];
  const server = new Server(options.server);
  for (const [folder, service] of Object.entries(SERVICES)) {
    const path = `/opentelemetry.proto.collector.${folder}.v1.${service}/Export`;
    const definition: ServiceDefinition = {
      Export: {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    };
    server.addService(definition, {
      Export: (
        request: { readonly metadata: Metadata; readonly request: Buffer },
        callback: (error: Partial<StatusObject> | null, value?: Buffer) => void,
      ) => {
        const call = { path, metadata: request.metadata, bytes: request.request };
        calls.push(call);
        const answer = reply(call, calls.length - 1);
        if (answer === "never") return;
        if ("status" in answer) callback(answer.status);
        else callback(null, Buffer.from(answer.response));
      },
    });
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", options.credentials ?? ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    calls,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}
