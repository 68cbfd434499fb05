/**
 * Numbers about the running process, in the text form that Prometheus reads.
 *
 * @module
 */

import * as prometheus from 'prom-client'

/** Label values, in the order in which their names were declared. */
export type LabelValues = readonly string[]

/** A sum that only rises. */
export interface Counter {
  add(amount: number, ...labels: LabelValues): void
}

/** A distribution of durations. */
export interface Histogram {
  observe(seconds: number, ...labels: LabelValues): void
}

/** From a memory hit to a slow upload. */
const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60]

/** A registry of its own, so that tests do not share one. */
export class Metrics {
  readonly #registry = new prometheus.Registry()

  get contentType(): string {
    return this.#registry.contentType
  }

  counter(name: string, help: string, ...labelNames: string[]): Counter {
    const counter = new prometheus.Counter({ name, help, labelNames, registers: [this.#registry] })
    const child = rememberingLabels((labels) => counter.labels(...labels))
    return { add: (amount, ...labels) => child(labels).inc(amount) }
  }

  histogram(name: string, help: string, ...labelNames: string[]): Histogram {
    const histogram = new prometheus.Histogram({
      name,
      help,
      labelNames,
      buckets: SECONDS_BUCKETS,
      registers: [this.#registry],
    })
    const child = rememberingLabels((labels) => histogram.labels(...labels))
    return { observe: (seconds, ...labels) => child(labels).observe(seconds) }
  }

  /** A value that is read when somebody asks. */
  gauge(name: string, help: string, read: () => number): void {
    new prometheus.Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read())
      },
    })
  }

  /** Adds memory, CPU, event loop and garbage collection of this process. */
  observeProcess(): void {
    prometheus.collectDefaultMetrics({ register: this.#registry })
  }

  /** Everything, as text. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }
}

/** Looking a child up by its label values costs more than counting. */
function rememberingLabels<Child>(
  make: (labels: string[]) => Child,
): (labels: LabelValues) => Child {
  const children = new Map<string, Child>()
  return (labels) => {
    const key = labels.join('\n')
    let child = children.get(key)
    if (child === undefined) children.set(key, (child = make([...labels])))
    return child
  }
}
