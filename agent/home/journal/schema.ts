import { ACCESS_SCHEMA, PASSKEY_SCHEMA } from './access-schema.ts';

/**
 * The gateway's one store. Captures, people's decisions and receipts cannot be computed again;
 * readings and deliveries are derived from them with the same identities.
 */
export const HOME_MIGRATIONS: readonly string[] = [
  `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE person (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  removed_at INTEGER
) WITHOUT ROWID;

CREATE TABLE pseudonym (
  person TEXT NOT NULL REFERENCES person (id),
  recipient TEXT NOT NULL,
  pseudonym TEXT NOT NULL UNIQUE,
  PRIMARY KEY (person, recipient)
) WITHOUT ROWID;

-- ownership: unassigned | mine | shared. slot_kind: chosen | guessed | none | unknown.
CREATE TABLE device (
  id TEXT PRIMARY KEY,
  address TEXT NOT NULL,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  model TEXT,
  facts TEXT NOT NULL,
  ownership TEXT NOT NULL DEFAULT 'unassigned',
  owner TEXT REFERENCES person (id),
  slot_kind TEXT NOT NULL DEFAULT 'unknown',
  slots TEXT NOT NULL DEFAULT '{}',
  clock_epoch INTEGER NOT NULL DEFAULT 0,
  simulated INTEGER NOT NULL DEFAULT 0,
  adopted_at INTEGER NOT NULL,
  removed_at INTEGER,
  last_heard_at INTEGER,
  battery TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX device_address ON device (address) WHERE removed_at IS NULL;

-- state: captured | read | repeat | unreadable | not-a-result | fact | thinned.
-- boot and uptime_ms date a capture again once the gateway's clock is known.
CREATE TABLE capture (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  device TEXT NOT NULL REFERENCES device (id),
  session TEXT NOT NULL,
  at INTEGER NOT NULL,
  trusted INTEGER NOT NULL,
  boot TEXT NOT NULL,
  uptime_ms INTEGER NOT NULL,
  source TEXT NOT NULL,
  bytes BLOB NOT NULL,
  format INTEGER NOT NULL DEFAULT 1,
  state TEXT NOT NULL DEFAULT 'captured'
);
CREATE INDEX capture_state ON capture (state, id) WHERE state IN ('captured', 'thinned');
CREATE INDEX capture_untrusted ON capture (boot) WHERE trusted = 0;
CREATE INDEX capture_device ON capture (device, id);

CREATE TABLE clock_reading (
  capture INTEGER PRIMARY KEY REFERENCES capture (id) ON DELETE CASCADE,
  device TEXT NOT NULL,
  session TEXT NOT NULL,
  device_now TEXT NOT NULL,
  epoch INTEGER NOT NULL
);
CREATE INDEX clock_reading_session ON clock_reading (device, session);

-- state: held | ready | corrected | removed. held: person | clock.
CREATE TABLE reading (
  id TEXT PRIMARY KEY,
  capture INTEGER,
  device TEXT NOT NULL REFERENCES device (id),
  kind TEXT NOT NULL,
  user_slot INTEGER,
  state TEXT NOT NULL,
  held TEXT,
  held_because TEXT,
  person TEXT REFERENCES person (id),
  basis TEXT,
  revision INTEGER NOT NULL DEFAULT 0,
  measured_at INTEGER,
  captured_at INTEGER NOT NULL,
  content TEXT NOT NULL,
  time TEXT,
  decoder INTEGER NOT NULL,
  format INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE INDEX reading_held ON reading (held, captured_at) WHERE state = 'held';
CREATE INDEX reading_person ON reading (person, kind, measured_at);
CREATE INDEX reading_device ON reading (device, captured_at);
CREATE INDEX reading_captured ON reading (captured_at);

-- action: new | retraction | correction. state: withheld | queued | sent | received | read | rejected | withdrawn.
CREATE TABLE delivery (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  reading TEXT NOT NULL,
  recipient TEXT NOT NULL,
  action TEXT NOT NULL,
  revision INTEGER NOT NULL,
  person TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  because TEXT,
  permission TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL
);
CREATE INDEX delivery_queue ON delivery (recipient, not_before, seq) WHERE state = 'queued';
CREATE INDEX delivery_sent ON delivery (recipient, updated_at) WHERE state = 'sent';
CREATE INDEX delivery_withheld ON delivery (person, recipient) WHERE state = 'withheld';
CREATE INDEX delivery_reading ON delivery (reading, recipient);
CREATE INDEX delivery_state ON delivery (state);

CREATE TABLE permission (
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  person TEXT NOT NULL REFERENCES person (id),
  recipient TEXT NOT NULL,
  resource TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (id, version)
) WITHOUT ROWID;
CREATE INDEX permission_person ON permission (person, recipient);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL
);

CREATE TABLE event (
  id TEXT PRIMARY KEY,
  recipient TEXT NOT NULL,
  person TEXT,
  measurement TEXT,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  sent_at INTEGER
) WITHOUT ROWID;
CREATE INDEX event_unsent ON event (recipient, at) WHERE sent_at IS NULL;

CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`,
  `
-- The last reading of a kind: streams are thinned, and repeats of a broadcast folded, by it.
CREATE INDEX reading_last ON reading (device, kind, capture);

-- Consent did not cover it when it was made: it stays home for good.
ALTER TABLE event ADD COLUMN withheld INTEGER NOT NULL DEFAULT 0;
DROP INDEX event_unsent;
CREATE INDEX event_unsent ON event (recipient, at) WHERE sent_at IS NULL AND withheld = 0;

CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
`,
  `
-- The device's clock was written by the gateway: what it shows from then on. The epoch is the capture
-- of the write; it outlives the capture, since a device sends its old records again for years.
CREATE TABLE timeline (
  device TEXT NOT NULL REFERENCES device (id),
  epoch INTEGER NOT NULL,
  starts TEXT NOT NULL,
  PRIMARY KEY (device, epoch)
) WITHOUT ROWID;
`,
  `
-- Of a device whose broadcasts are encrypted; without a key it was heard, and waits for one.
CREATE TABLE advertisement_key (
  device TEXT PRIMARY KEY REFERENCES device (id),
  key BLOB
) WITHOUT ROWID;
CREATE TRIGGER advertisement_key_goes AFTER UPDATE OF removed_at ON device
  WHEN NEW.removed_at IS NOT NULL
  BEGIN DELETE FROM advertisement_key WHERE device = NEW.id; END;

-- Encrypted broadcasts that were believed, so that none is played again. The last one of a device
-- outlives its capture.
CREATE TABLE sealed_frame (
  device TEXT NOT NULL REFERENCES device (id),
  capture INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  tag TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (device, capture)
) WITHOUT ROWID;
CREATE TRIGGER sealed_frame_goes AFTER DELETE ON capture BEGIN
  DELETE FROM sealed_frame WHERE device = OLD.device AND capture = OLD.id
    AND EXISTS (SELECT 1 FROM sealed_frame WHERE device = OLD.device AND capture > OLD.id);
END;
`,
  `
-- Codes of a device's users, which it asks for. No user yet: to be registered at the next visit.
-- answer: what the device said to it last.
CREATE TABLE user_code (
  device TEXT NOT NULL REFERENCES device (id),
  user INTEGER,
  code INTEGER NOT NULL,
  answer TEXT
);
CREATE UNIQUE INDEX user_code_user ON user_code (device, coalesce(user, -1));
CREATE TRIGGER user_code_goes AFTER UPDATE OF removed_at ON device
  WHEN NEW.removed_at IS NOT NULL
  BEGIN DELETE FROM user_code WHERE device = NEW.id; END;
`,
  `
-- A device's envelopes leave in the order in which they were queued; those of a kind that tells what
-- happens (urgent = 1) do not wait behind other devices' backlog.
ALTER TABLE delivery ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
UPDATE delivery SET (device, urgent) = (SELECT r.device,
    r.kind IN ('contact', 'motion', 'presence', 'button', 'smoke', 'water-leak')
  FROM reading r WHERE r.id = delivery.reading)
  WHERE EXISTS (SELECT 1 FROM reading r WHERE r.id = delivery.reading);
DROP INDEX delivery_queue;
DROP INDEX delivery_state;
CREATE INDEX delivery_queue ON delivery (recipient, seq) WHERE state = 'queued';
CREATE INDEX delivery_of_device ON delivery (recipient, device, seq) WHERE state = 'queued';
CREATE INDEX delivery_urgent ON delivery (recipient, device) WHERE state = 'queued' AND urgent = 1;
`,
  `
-- 0: nothing of it has left; 1: it left, and was refused each time; 2: it may have arrived.
ALTER TABLE delivery ADD COLUMN reach INTEGER NOT NULL DEFAULT 0;
UPDATE delivery SET reach = 2 WHERE attempts > 0;
`,
  `
-- Readings lie in the order in which they came, not in that of their ids, which are random: with a page
-- of its own for each, one took twice as long to write. Without a primary key the row number is the
-- table's key, which salvaging goes by.
ALTER TABLE reading RENAME TO reading_by_id;
CREATE TABLE reading (
  id TEXT NOT NULL UNIQUE,
  capture INTEGER,
  device TEXT NOT NULL REFERENCES device (id),
  kind TEXT NOT NULL,
  user_slot INTEGER,
  state TEXT NOT NULL,
  held TEXT,
  held_because TEXT,
  person TEXT REFERENCES person (id),
  basis TEXT,
  revision INTEGER NOT NULL DEFAULT 0,
  measured_at INTEGER,
  captured_at INTEGER NOT NULL,
  content TEXT NOT NULL,
  time TEXT,
  decoder INTEGER NOT NULL,
  format INTEGER NOT NULL DEFAULT 1
);
INSERT INTO reading SELECT * FROM reading_by_id ORDER BY coalesce(capture, 0), captured_at, id;
DROP TABLE reading_by_id;
CREATE INDEX reading_held ON reading (held, captured_at) WHERE state = 'held';
CREATE INDEX reading_person ON reading (person, kind, measured_at);
CREATE INDEX reading_device ON reading (device, captured_at);
CREATE INDEX reading_captured ON reading (captured_at);
CREATE INDEX reading_last ON reading (device, kind, capture);
`,
  `
-- A reading and its deliveries bear the capture that it was first made of: rows that came together lie
-- together in the index that joins them, where a random id would change a page for each.
ALTER TABLE reading ADD COLUMN near INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN near INTEGER NOT NULL DEFAULT 0;
UPDATE reading SET near = coalesce(capture, 0);
UPDATE delivery SET near = coalesce((SELECT near FROM reading WHERE id = delivery.reading), 0);
DROP INDEX delivery_reading;
CREATE INDEX delivery_of_reading ON delivery (near, recipient);
`,
  `
-- Clock readings of a timeline in the order they came: a device is visited for months, and each of its
-- records asks for the reading next to it.
CREATE INDEX clock_reading_order ON clock_reading (device, epoch, capture);
`,
  ACCESS_SCHEMA,
  `
-- The others of the household may name this person: only once the person has chosen so.
ALTER TABLE person ADD COLUMN visible INTEGER NOT NULL DEFAULT 0;
`,
  `
-- What a person wrote to a reading of theirs, and when they want to be reminded to measure (hh:mm). Neither
-- leaves the gateway.
ALTER TABLE reading ADD COLUMN comment TEXT;
ALTER TABLE person ADD COLUMN reminder TEXT;
-- One's words are not left with a reading that becomes another's, or that is removed.
CREATE TRIGGER comment_goes AFTER UPDATE OF person, state ON reading
  WHEN NEW.comment IS NOT NULL AND (NEW.person IS NOT OLD.person OR NEW.state = 'removed') BEGIN
  UPDATE reading SET comment = NULL WHERE id = NEW.id;
END;
`,
  `
-- A representative sees values only where the person said so. An access that ended stays with its end:
-- who could act, and when, is shown for a year.
ALTER TABLE access_grant ADD COLUMN sees_values INTEGER NOT NULL DEFAULT 0;
ALTER TABLE access_grant ADD COLUMN used_at INTEGER;
ALTER TABLE access_grant ADD COLUMN ended_at INTEGER;
CREATE INDEX access_grant_person ON access_grant (person);
ALTER TABLE access_code ADD COLUMN sees_values INTEGER NOT NULL DEFAULT 0;
ALTER TABLE access_code ADD COLUMN born TEXT;

-- born: month of birth, 2012-05, of a child for whom a parent acts; it leaves the home in no way.
-- lacks_capacity: nothing new is shared until a representative decides it.
ALTER TABLE person ADD COLUMN born TEXT;
ALTER TABLE person ADD COLUMN lacks_capacity INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER born_goes AFTER UPDATE OF removed_at ON person WHEN NEW.removed_at IS NOT NULL
  BEGIN UPDATE person SET born = NULL WHERE id = NEW.id; END;
`,
  `
-- What a recipient is told of sharing itself: that it was paused, goes on, or ended. Of one person the
-- highest seq stands; answered_at: its receipt is here, and it is not sent again.
CREATE TABLE sharing_notice (
  person TEXT NOT NULL REFERENCES person (id),
  recipient TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  cause TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  answered_at INTEGER,
  PRIMARY KEY (person, recipient, seq)
) WITHOUT ROWID;

-- When each step of the way was taken, which updated_at forgets at the next. Rows of before know the
-- last one only.
ALTER TABLE delivery ADD COLUMN sent_at INTEGER;
ALTER TABLE delivery ADD COLUMN received_at INTEGER;
ALTER TABLE delivery ADD COLUMN read_at INTEGER;

-- When a person wrote the comment, where they want it shown to those who may see the reading; else it
-- stays at home. It is shown no more than it is kept.
ALTER TABLE reading ADD COLUMN note_at INTEGER;
DROP TRIGGER comment_goes;
CREATE TRIGGER comment_goes AFTER UPDATE OF person, state ON reading
  WHEN NEW.comment IS NOT NULL AND (NEW.person IS NOT OLD.person OR NEW.state = 'removed') BEGIN
  UPDATE reading SET comment = NULL, note_at = NULL WHERE id = NEW.id;
END;
`,
  PASSKEY_SCHEMA,
];
