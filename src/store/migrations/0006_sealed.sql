-- What is sealed with the vault's key, which is not in the database.

-- The secret of a webhook. The start after this step seals those of `webhook_secret` and empties it.
ALTER TABLE budget ADD COLUMN webhook_sealed {{blob}};

-- Requests and answers of workspaces that want them kept.
CREATE TABLE prompt (
  receipt_id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  model TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  bytes BIGINT NOT NULL, -- of both, open
  request {{blob}} NOT NULL,
  answer {{blob}} NOT NULL
);
CREATE INDEX prompt_by_age ON prompt (workspace_id, created_ms, receipt_id);
