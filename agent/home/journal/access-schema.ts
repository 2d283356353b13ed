/**
 * Who may sign in on the pages: a step of the store's migrations. Steps after it, in `schema.ts`, change
 * what it made; it stays as it is.
 */
export const ACCESS_SCHEMA = `
-- Who signs in on the pages. A citizen is a person of the household; a helper has a name only, and sees
-- no value. pin: salt and scrypt hash, never the PIN.
CREATE TABLE account (
  id TEXT PRIMARY KEY,
  person TEXT UNIQUE REFERENCES person (id),
  name TEXT,
  pin TEXT NOT NULL,
  pin_at INTEGER NOT NULL,
  added_at INTEGER NOT NULL
) WITHOUT ROWID;

-- What an account may do: citizen | helper | representative, for whom, on what basis, until when.
CREATE TABLE access_grant (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  person TEXT NOT NULL REFERENCES person (id),
  basis TEXT,
  given_at INTEGER NOT NULL,
  until INTEGER
) WITHOUT ROWID;
CREATE INDEX access_grant_account ON access_grant (account);

-- One-time codes, by hash. claimed_by: hash of the cookie of the browser where it was typed.
CREATE TABLE access_code (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  role TEXT NOT NULL,
  person TEXT REFERENCES person (id),
  basis TEXT,
  grant_until INTEGER,
  may_reset INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  claimed_by TEXT,
  claimed_at INTEGER
) WITHOUT ROWID;

CREATE TABLE browser (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  shared INTEGER NOT NULL DEFAULT 0,
  added_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE browser_account (
  browser TEXT NOT NULL REFERENCES browser (id) ON DELETE CASCADE,
  account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  PRIMARY KEY (browser, account)
) WITHOUT ROWID;

CREATE TABLE session (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  browser TEXT NOT NULL REFERENCES browser (id) ON DELETE CASCADE,
  access_grant TEXT NOT NULL REFERENCES access_grant (id) ON DELETE CASCADE,
  began_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Wrong codes and PINs, by where they were typed: guessing is slowed, also over a restart.
CREATE TABLE guess (
  place TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Who no longer lives here does not sign in, and nobody does for them.
CREATE TRIGGER access_goes AFTER UPDATE OF removed_at ON person WHEN NEW.removed_at IS NOT NULL BEGIN
  DELETE FROM access_grant
    WHERE person = NEW.id OR account IN (SELECT id FROM account WHERE person = NEW.id);
  DELETE FROM account WHERE person = NEW.id OR id NOT IN (SELECT account FROM access_grant);
  DELETE FROM browser WHERE id NOT IN (SELECT browser FROM browser_account);
  DELETE FROM access_code WHERE person = NEW.id;
  DELETE FROM guess WHERE place LIKE '%/%'
    AND substr(place, instr(place, '/') + 1) NOT IN (SELECT id FROM account UNION SELECT id FROM browser);
END;
`;

/** A later step: signing in without a PIN. */
export const PASSKEY_SCHEMA = `
-- Passkeys (WebAuthn): the public half, by which an account is signed in without its PIN. rp: name of the
-- site that it was made for. browser: where it was made; who forgets that one ends it too.
CREATE TABLE passkey (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  browser TEXT REFERENCES browser (id) ON DELETE SET NULL,
  credential TEXT NOT NULL UNIQUE,
  public_key BLOB NOT NULL,
  counter INTEGER NOT NULL,
  rp TEXT NOT NULL,
  name TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX passkey_account ON passkey (account);
CREATE INDEX passkey_browser ON passkey (browser);
`;

/** All tables of who may sign in, in an order in which rows can be deleted. */
export const ACCESS_TABLES = [
  'session',
  'passkey',
  'access_code',
  'browser_account',
  'browser',
  'access_grant',
  'account',
  'guess',
] as const;
