/** Forward-only migrations of the relay's store. */
export const RELAY_MIGRATIONS: readonly string[] = [
  `
  -- Every envelope that was judged, so that a repeat is answered alike.
  CREATE TABLE envelopes (
    id TEXT PRIMARY KEY,
    -- Who sent it last; none over HTTPS, where the answer is the receipt.
    gateway TEXT,
    recipient TEXT,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'rejected', 'retracted')),
    reason TEXT,
    -- Observations at the FHIR server, as JSON.
    stored TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- One line of the desk. The envelope is the one whose content stands here now.
  CREATE TABLE readings (
    row INTEGER PRIMARY KEY,
    envelope TEXT NOT NULL REFERENCES envelopes (id),
    person TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    corrected_at INTEGER,
    retracted_at INTEGER,
    read_at INTEGER,
    content TEXT NOT NULL
  ) STRICT;
  CREATE INDEX readings_by_envelope ON readings (envelope);

  CREATE TABLE observations (
    identifier TEXT PRIMARY KEY,
    reading INTEGER NOT NULL REFERENCES readings (row)
  ) STRICT, WITHOUT ROWID;

  -- What each gateway is answered, numbered; sent again until its status says that it has it.
  CREATE TABLE receipts (
    gateway TEXT NOT NULL,
    seq INTEGER NOT NULL,
    envelope TEXT NOT NULL,
    state TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (gateway, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX receipts_by_envelope ON receipts (envelope);

  -- The last number given, which outlives its receipt.
  CREATE TABLE gateways (gateway TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- What homes told of sharing itself; of one person the highest seq stands. at: as written there.
  CREATE TABLE sharing (
    person TEXT NOT NULL,
    seq INTEGER NOT NULL,
    cause TEXT NOT NULL,
    at TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (person, seq)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Which gateway a pseudonym belongs to; of those heard before, the one that sent for it last.
  CREATE TABLE belongs (
    person TEXT PRIMARY KEY,
    gateway TEXT NOT NULL,
    since INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO belongs
    SELECT person, gateway, since FROM (
      SELECT lower(r.person) AS person, e.gateway AS gateway, max(e.received_at) AS since
      FROM readings r JOIN envelopes e ON e.id = r.envelope
      WHERE e.gateway IS NOT NULL GROUP BY lower(r.person));

  -- Another one spoke of it, and was refused.
  CREATE TABLE refusals (
    person TEXT NOT NULL,
    gateway TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (person, gateway)
  ) STRICT, WITHOUT ROWID;
  `,
];
