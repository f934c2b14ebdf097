-- Tasks are begun in turns of workspaces.

DROP INDEX task_by_status;
CREATE INDEX task_by_turn ON task (status, workspace_id, submitted_ms);

-- Files of workspaces. Their bytes are sealed in files/<workspace>/<id> of the home.

CREATE TABLE file (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  key_id TEXT NOT NULL, -- who uploaded it
  filename TEXT NOT NULL,
  purpose TEXT NOT NULL,
  description TEXT NOT NULL,
  bytes BIGINT NOT NULL, -- open
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL -- 0: never
);
CREATE INDEX file_by_age ON file (workspace_id, created_ms, id);

-- Batches, and the answers to their lines: each is written once, and only what is written is paid for.

CREATE TABLE batch (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  key_id TEXT NOT NULL, -- in whose name it runs
  endpoint TEXT NOT NULL,
  input_file_id TEXT NOT NULL,
  completion_window TEXT NOT NULL,
  model TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL,
  metadata TEXT NOT NULL, -- JSON; empty: none
  errors TEXT NOT NULL DEFAULT '', -- of its input: JSON; empty: none
  total BIGINT NOT NULL DEFAULT 0, -- lines
  completed BIGINT NOT NULL DEFAULT 0,
  failed BIGINT NOT NULL DEFAULT 0,
  output_file_id TEXT NOT NULL DEFAULT '',
  error_file_id TEXT NOT NULL DEFAULT '',
  output_ms BIGINT NOT NULL, -- how long these are kept; 0: for ever
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  begun_ms BIGINT NOT NULL DEFAULT 0,
  finalizing_ms BIGINT NOT NULL DEFAULT 0,
  cancelling_ms BIGINT NOT NULL DEFAULT 0,
  ended_ms BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX batch_by_age ON batch (workspace_id, created_ms, id);
CREATE INDEX batch_by_status ON batch (status);

CREATE TABLE batch_line (
  batch_id TEXT NOT NULL,
  line BIGINT NOT NULL, -- of the input, from 0
  good BIGINT NOT NULL,
  receipt_id TEXT NOT NULL, -- empty: it cost nothing
  answer {{blob}}, -- sealed; NULL: it is in a file
  PRIMARY KEY (batch_id, line)
);
CREATE INDEX batch_line_by_receipt ON batch_line (receipt_id);
