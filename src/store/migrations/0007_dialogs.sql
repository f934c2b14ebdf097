-- What callers asked to be kept of their dialogs. Bodies are sealed with the vault's key.

CREATE TABLE stored_response (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  previous_id TEXT NOT NULL, -- '': none
  model TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  body {{blob}} NOT NULL
);
CREATE INDEX stored_response_by_age ON stored_response (created_ms);

CREATE TABLE conversation (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  touched_ms BIGINT NOT NULL,
  metadata TEXT NOT NULL
);
CREATE INDEX conversation_by_workspace ON conversation (workspace_id);
CREATE INDEX conversation_by_age ON conversation (touched_ms);

CREATE TABLE conversation_item (
  conversation_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  id TEXT NOT NULL,
  body {{blob}} NOT NULL,
  PRIMARY KEY (conversation_id, number)
);
CREATE UNIQUE INDEX conversation_item_by_id ON conversation_item (conversation_id, id);
