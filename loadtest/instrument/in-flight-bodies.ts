import type { ServerResponse } from "node:http";
import type { Meter } from "@opentelemetry/api";
import { METRICS } from "../../collector/model/catalog.ts";
import { catalogObservable } from "./catalog-instrument.ts";

export interface InFlightBodies {
  readonly count: number;
  /** Call it once per response, before anything is written. */
  track(response: ServerResponse): void;
}

/** Counts response bodies from their head (the handler is done deciding) until the response is finished or its connection closed. */
export function inFlightBodies(meter: Meter): InFlightBodies {
  let count = 0;
  catalogObservable(meter, METRICS.responseBodiesInFlight).addCallback((result) => result.observe(count));
  return {
    get count() {
      return count;
    },
    track(response) {
      let begun = false;
      const writeHead = response.writeHead;
      // Node has no event for the head; write() and end() come through writeHead too (lib/_http_server.js, _implicitHeader).
      response.writeHead = function (this: ServerResponse, ...head: unknown[]) {
        const written = Reflect.apply(writeHead, this, head);
        if (!begun) count++;
        begun = true;
        return written;
      } as typeof writeHead;
      response.once("close", () => {
        if (begun) count--;
      });
    },
  };
}
