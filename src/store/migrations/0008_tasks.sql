-- Requests that are answered later: kept a day after their end.

CREATE TABLE task (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  key_id TEXT NOT NULL, -- in whose name it runs
  request_id TEXT NOT NULL,
  model TEXT NOT NULL,
  path TEXT NOT NULL, -- what is asked
  body {{blob}} NOT NULL,
  status TEXT NOT NULL, -- PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED
  attempts BIGINT NOT NULL DEFAULT 0, -- how often it was begun
  submitted_ms BIGINT NOT NULL,
  scheduled_ms BIGINT NOT NULL DEFAULT 0,
  ended_ms BIGINT NOT NULL DEFAULT 0,
  answer {{blob}} -- the answer's body, or the error's; NULL: none yet
);
CREATE INDEX task_by_status ON task (status, submitted_ms);
CREATE INDEX task_by_workspace ON task (workspace_id, submitted_ms);
