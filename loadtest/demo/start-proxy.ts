import { NginxFailed, type RunningNginx, startNginx } from "../nginx/start-nginx.ts";

/** An nginx before the server, where there is one to be started; undefined, and the reason said, where there is none. */
export async function startProxy(serverUrl: string, say: (text: string) => void): Promise<RunningNginx | undefined> {
  try {
    return await startNginx({ upstream: new URL(serverUrl).host });
  } catch (error) {
    if (!(error instanceof NginxFailed)) throw error;
    say(`without proxy  ${error.message}`);
    return undefined;
  }
}
