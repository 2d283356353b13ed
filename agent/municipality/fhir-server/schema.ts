/** Forward-only migrations of the FHIR server's store. */
export const FHIR_MIGRATIONS: readonly string[] = [
  `
  -- The current version of each resource. What is searched stands beside it; a resource without
  -- a date has the sentinel of index-values.ts in both bounds, so that it sorts and never matches.
  CREATE TABLE resources (
    row INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    subject TEXT,
    subject_system TEXT NOT NULL,
    subject_value TEXT,
    device TEXT,
    date_low INTEGER NOT NULL,
    date_high INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (type, id)
  ) STRICT;
  CREATE INDEX resources_by_date ON resources (type, date_low, row);
  CREATE INDEX resources_by_updated ON resources (type, updated, row);
  CREATE INDEX resources_by_subject ON resources (type, subject, date_low, row);
  CREATE INDEX resources_by_subject_value
    ON resources (type, subject_value, subject_system, date_low, row);
  CREATE INDEX resources_by_device ON resources (type, device, date_low, row);

  CREATE TABLE tokens (
    parameter TEXT NOT NULL,
    value TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES resources (row),
    system TEXT NOT NULL,
    PRIMARY KEY (parameter, value, row, system)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tokens_by_row ON tokens (row);

  -- Earlier versions, as they were served.
  CREATE TABLE versions (
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (type, id, version)
  ) STRICT, WITHOUT ROWID;
  `,
];
