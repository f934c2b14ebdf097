-- Who exists and who may: accounts, workspaces, people, members, API keys; how people sign in; what was done.

CREATE TABLE account (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  billing TEXT NOT NULL,
  credit_limit_micro BIGINT NOT NULL,
  tax_name TEXT NOT NULL,
  tax_ppm BIGINT NOT NULL,
  tax_number TEXT NOT NULL,
  address TEXT NOT NULL,
  email TEXT NOT NULL,
  status TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);

CREATE TABLE workspace (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  weight BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  share_prefix BIGINT NOT NULL,
  store_prompts BIGINT NOT NULL,
  retention_days BIGINT NOT NULL,
  discount_ppm BIGINT NOT NULL,
  sandbox BIGINT NOT NULL,
  created_ms BIGINT NOT NULL
);
CREATE INDEX workspace_by_account ON workspace (account_id);

CREATE TABLE person (
  id TEXT PRIMARY KEY,
  email TEXT UNIQUE, -- NULL: none yet
  name TEXT NOT NULL,
  is_operator BIGINT NOT NULL,
  status TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  password_hash TEXT,
  totp_secret {{blob}}, -- sealed with the server key
  totp_confirmed BIGINT NOT NULL DEFAULT 0,
  totp_last_step BIGINT NOT NULL DEFAULT 0 -- a code is good once
);

CREATE TABLE member (
  workspace_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  role TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, person_id)
);
CREATE INDEX member_by_person ON member (person_id);

CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  name TEXT NOT NULL,
  hint TEXT NOT NULL,
  hash {{blob}} NOT NULL UNIQUE,
  scopes TEXT NOT NULL, -- JSON
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  revoked_ms BIGINT NOT NULL
);
CREATE INDEX api_key_by_workspace ON api_key (workspace_id);

CREATE TABLE person_identity (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  person_id TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);

CREATE TABLE console_session (
  id TEXT PRIMARY KEY,
  token_hash {{blob}} NOT NULL UNIQUE,
  person_id TEXT NOT NULL,
  method TEXT NOT NULL,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL
);
CREATE INDEX console_session_by_person ON console_session (person_id);
CREATE INDEX console_session_by_expiry ON console_session (expires_ms);

CREATE TABLE sign_in_link (
  token_hash {{blob}} PRIMARY KEY,
  person_id TEXT NOT NULL,
  expires_ms BIGINT NOT NULL
);

CREATE TABLE audit_log (
  id BIGINT PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  person_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  ip TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  detail TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX audit_log_by_workspace ON audit_log (workspace_id, id);
CREATE INDEX audit_log_by_time ON audit_log (at_ms);

-- The end of the chain: one row, whose lock makes writers take turns.
CREATE TABLE audit_head (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  id BIGINT NOT NULL,
  hash TEXT NOT NULL
);
INSERT INTO audit_head (one, id, hash) VALUES (1, 0, '');
