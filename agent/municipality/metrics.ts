import { Counter, Gauge, Registry } from 'prom-client';

export type MunicipalityMetrics = ReturnType<typeof createMetrics>;

/** Counts for operators: no label names a person, a gateway or a measurement. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    envelopes: new Counter({
      name: 'iomt_envelopes_total',
      help: 'Envelopes answered, by answer',
      labelNames: ['state'],
      registers,
    }),
    unreadable: new Counter({
      name: 'iomt_envelopes_unreadable_total',
      help: 'Messages in which no envelope id could be read, which nobody was answered',
      registers,
    }),
    ofAnother: new Counter({
      name: 'iomt_messages_of_another_gateway_total',
      help: 'Envelopes and notices refused since the person belongs to another gateway',
      registers,
    }),
    sinkUnavailable: new Counter({
      name: 'iomt_sink_unavailable_total',
      help: 'Envelopes not answered because the FHIR server did not take them then',
      registers,
    }),
    events: new Counter({
      name: 'iomt_events_total',
      help: 'Technical events of gateways',
      labelNames: ['kind', 'cause'],
      registers,
    }),
    connected: new Gauge({
      name: 'iomt_broker_connected',
      help: '1 while the relay is subscribed at the broker',
      registers,
    }),
  };
}
