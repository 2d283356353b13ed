import { Counter, Gauge, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string | number>>;

/** One figure of `/metrics`, read when it is asked for. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly read: () => Iterable<readonly [labels: Labels, value: number]>;
}

/** The figures as Prometheus reads them. */
export function createRegistry(figures: readonly Figure[]): Registry {
  const registry = new Registry();
  for (const { kind, labels, read, ...named } of figures) {
    const common = { ...named, labelNames: [...labels], registers: [registry] };
    if (kind === 'counter') {
      new Counter({
        ...common,
        collect() {
          this.reset();
          for (const [of, count] of read()) this.inc(of, count);
        },
      });
    } else {
      new Gauge({
        ...common,
        collect() {
          this.reset();
          for (const [of, value] of read()) this.set(of, value);
        },
      });
    }
  }
  return registry;
}
