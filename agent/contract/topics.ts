/** MQTT topics between home and municipality. A broker's ACL keeps a gateway inside its own subtree. */
const ROOT = 'iomt/1';

export const topics = {
  observations: (gateway: string, recipient: string) =>
    `${ROOT}/${gateway}/observations/${recipient}`,
  status: (gateway: string) => `${ROOT}/${gateway}/status`,
  events: (gateway: string, recipient: string) => `${ROOT}/${gateway}/events/${recipient}`,
  receipts: (gateway: string) => `${ROOT}/${gateway}/receipts`,
  /** What the municipality subscribes to. */
  allObservations: `${ROOT}/+/observations/+`,
  allStatus: `${ROOT}/+/status`,
  allEvents: `${ROOT}/+/events/+`,
} as const;

/** Parts of a topic, or undefined when it is none of ours. */
export function parseTopic(
  topic: string,
): { gateway: string; leaf: string; recipient?: string } | undefined {
  const parts = topic.split('/');
  if (parts[0] !== 'iomt' || parts[1] !== '1' || !parts[2] || !parts[3] || parts.length > 5) {
    return undefined;
  }
  const [, , gateway, leaf, recipient] = parts;
  return recipient === undefined ? { gateway, leaf } : { gateway, leaf, recipient };
}
