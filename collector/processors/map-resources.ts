import type { Attributes } from "../model/attributes.ts";
import type { Batch, ItemsOf, Signal } from "../model/batch.ts";
import type { Resource } from "../model/resource.ts";
import { batchOf } from "../wire/otlp-batch.ts";

/** The batch with other resource attributes; items that shared a resource still do. The same batch, bytes and all, where nothing changed. */
export function mapResources(batch: Batch, change: (attributes: Attributes) => Attributes): Batch {
  const changed = new Map<Resource, Resource>();
  let isChanged = false;
  const mapped = batch.items.map((item) => {
    let resource = changed.get(item.resource);
    if (resource === undefined) {
      const attributes = change(item.resource.attributes);
      resource = attributes === item.resource.attributes ? item.resource : { ...item.resource, attributes };
      isChanged ||= resource !== item.resource;
      changed.set(item.resource, resource);
    }
    return resource === item.resource ? item : { ...item, resource };
  });
  return isChanged ? batchOf<Signal>(batch.signal, mapped as readonly ItemsOf[Signal][]) : batch;
}
