-- How often and how much accounts, workspaces and keys may ask. 0: no limit.

CREATE TABLE limit_rule (
  account_id TEXT NOT NULL,
  scope TEXT NOT NULL, -- account, workspace, key
  scope_id TEXT NOT NULL,
  model TEXT NOT NULL, -- *: all models together
  requests_per_minute BIGINT NOT NULL,
  tokens_per_minute BIGINT NOT NULL,
  concurrent BIGINT NOT NULL,
  burst_per_second BIGINT NOT NULL,
  PRIMARY KEY (account_id, scope, scope_id, model)
);
