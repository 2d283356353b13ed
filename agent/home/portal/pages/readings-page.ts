import type { Kind } from '../../../../adapters/measurement.ts';
import { type Html, html } from '../../../pages/html.ts';
import type { Devices } from '../../people/devices.ts';
import type { PersonReadings } from '../person-readings.ts';
import { type PortalApp, route } from '../route.ts';
import { type Frame, shell } from '../shell.ts';
import { ageText, isOtherDay, longTime } from '../times.ts';
import { type ShownValue, valuesOf } from '../values.ts';

/** Came so much later than it was measured that it is said, ms. */
const LATE_MS = 60 * 60_000;

/** A reading as the page shows it. */
export interface ShownReading {
  readonly kind: Kind;
  readonly values: readonly ShownValue[];
  /** What the household calls the device; undefined when it is gone. */
  readonly device: string | undefined;
  readonly simulated: boolean;
  /** Milliseconds since 1970 UTC. */
  readonly measuredAt: number;
  readonly arrivedAt: number;
  /** A person gave the time. */
  readonly isStated: boolean;
}

export interface ReadingsModel {
  readonly latest: readonly ShownReading[];
  /** The gateway's clock, ms; undefined when it is not to be trusted. */
  readonly now: number | undefined;
  readonly zone: string;
}

/** `/`: the latest of each kind of the signed-in person. */
export function registerReadingsPage(
  app: PortalApp,
  parts: {
    readonly readings: Pick<PersonReadings, 'latest'>;
    readonly devices: Pick<Devices, 'byId'>;
    readonly trusted: () => boolean;
  },
): void {
  route(app, {
    method: 'GET',
    url: '/',
    access: 'signed-in',
    handle({ who, frame, words, language, reply }) {
      // A helper's first page is what a helper is for.
      if (who.role === 'helper') return reply.redirect('/box', 303);
      const latest = parts.readings.latest(who.person.id).map((reading) => {
        const device = parts.devices.byId(reading.device);
        return {
          kind: reading.kind,
          values: reading.content.measurements.flatMap((one) =>
            valuesOf(one, words.readings, language),
          ),
          device: device?.name,
          simulated: device?.simulated ?? false,
          measuredAt: reading.measuredAt ?? reading.capturedAt,
          arrivedAt: reading.capturedAt,
          isStated: reading.time?.basis === 'stated',
        };
      });
      const now = parts.trusted() ? app.now() : undefined;
      return readingsPage({ latest, now, zone: app.zone }, frame);
    },
  });
}

/** The page. */
export function readingsPage(model: ReadingsModel, frame: Frame): Html {
  const { readings: w } = frame.words;
  const newestFirst = model.latest.toSorted((a, b) => b.measuredAt - a.measuredAt);
  const cards = newestFirst.map((reading) => card(reading, model, frame));
  const main =
    cards.length === 0
      ? html`<p>${w.none}</p>`
      : html`<h2>${w.latest}</h2>
<ul class="cards">
${cards}</ul>`;
  return shell(frame, w.title, html`<div id="latest" data-live="reading">${main}</div>`);
}

function card(reading: ShownReading, { now, zone }: ReadingsModel, frame: Frame): Html {
  const { language, words } = frame;
  const { readings: w } = words;
  const { measuredAt, arrivedAt } = reading;
  const [main, ...others] = reading.values;
  const age = now === undefined ? w.noAge : ageText(measuredAt, now, zone, language, w.justNow);
  const isLate = arrivedAt - measuredAt > LATE_MS || isOtherDay(measuredAt, arrivedAt, zone);
  const time = (ms: number) =>
    html`<time datetime="${new Date(ms).toISOString()}">${longTime(ms, zone, language)}</time>`;
  const demo = reading.simulated && html` <span class="demo">${w.demo}</span>`;
  return html`<li class="card">
<h3>${w.kinds[reading.kind]}${demo}</h3>
${
  main &&
  html`<p class="value">${main.name && html`<span class="of">${main.name}</span> `}<span class="number">${main.number}</span> ${main.unit}</p>
`
}${others.map(
  ({ name, number, unit }) =>
    html`<p class="also">${name && html`<span class="of">${name}</span> `}<b>${number}</b> ${unit}</p>
`,
)}<p class="when">${sentence(w.measured, time(measuredAt))}${age && html`<br><strong>${age}</strong>`}${isLate && html`<br>${sentence(w.arrived, time(arrivedAt))}`}${reading.isStated && html`<br>${w.stated}`}</p>
<p class="small">${w.from.replace('{device}', reading.device ?? w.unknownDevice)}</p>
</li>
`;
}

/** A sentence with a place for what is marked up. */
function sentence(text: string, time: Html): Html {
  const [before = '', after = ''] = text.split('{time}');
  return html`${before}${time}${after}`;
}
