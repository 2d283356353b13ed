import type { GatewayFacts } from '../../../../fhir/reading.ts';
import type { Database } from '../../../store.ts';
import type { Decisions } from '../../decisions.ts';
import type { ErasurePart } from '../../people/erasure.ts';
import { createOwnReadings } from '../own-readings.ts';
import type { PortalApp } from '../route.ts';
import { createWays } from '../way.ts';
import { registerDeletePage } from './delete-page.ts';
import { registerFilesPage } from './files-page.ts';
import { registerKindPage } from './kind-page.ts';
import { registerReadingPage } from './reading-page.ts';
import type { ReadingsParts } from './reading-parts.ts';
import { registerReadingsPage } from './readings-page.ts';
import { registerReminderPage } from './reminder-page.ts';
import { registerTyping, type TypingParts } from './typing-routes.ts';
import { registerWipePage } from './wipe-page.ts';

/** What a person sees of own readings, and does with them. */
export function registerOwnPages(
  app: PortalApp,
  given: Omit<ReadingsParts, 'own' | 'ways'> & {
    readonly db: Database;
    readonly decisions: Pick<Decisions, 'removeReading'>;
    readonly erasure: ErasurePart;
    readonly gateway: GatewayFacts;
  } & Pick<TypingParts, 'typing' | 'askAbout'>,
): void {
  const { db } = given;
  const parts = { ...given, own: createOwnReadings(db), ways: createWays(db) };
  registerReadingsPage(app, parts);
  registerKindPage(app, parts);
  registerReadingPage(app, parts);
  registerTyping(app, parts);
  registerFilesPage(app, parts);
  registerReminderPage(app, parts);
  registerDeletePage(app, parts);
  registerWipePage(app, parts);
}
