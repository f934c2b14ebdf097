-- Money. Transactions and their entries are only ever added. Balances, holds and rollups could be computed from them
-- and from the receipts, and are kept in the same database transaction.
CREATE TABLE ledger_transaction (
  id BIGINT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  idempotency_key TEXT NOT NULL UNIQUE,
  receipt_id TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  note TEXT NOT NULL
);

CREATE TABLE ledger_entry (
  transaction_id BIGINT NOT NULL,
  line BIGINT NOT NULL,
  account TEXT NOT NULL,
  amount_micro BIGINT NOT NULL,
  currency TEXT NOT NULL,
  PRIMARY KEY (transaction_id, line)
);
CREATE INDEX ledger_entry_account ON ledger_entry (account, transaction_id);

CREATE TABLE ledger_balance (
  account TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount_micro BIGINT NOT NULL,
  workspace_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  PRIMARY KEY (account, currency)
);

-- Reservations that are posted, and whose request has not ended.
CREATE TABLE ledger_hold (
  receipt_id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  amount_micro BIGINT NOT NULL,
  currency TEXT NOT NULL
);

CREATE TABLE receipt (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  model TEXT NOT NULL,
  app TEXT NOT NULL,
  partner_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  started_ms BIGINT NOT NULL,
  ended_ms BIGINT NOT NULL,
  end_reason BIGINT NOT NULL,
  batch BIGINT NOT NULL,
  units_input BIGINT NOT NULL,
  units_cached_input BIGINT NOT NULL,
  units_cache_write BIGINT NOT NULL,
  units_output BIGINT NOT NULL,
  units_thinking BIGINT NOT NULL,
  units_image BIGINT NOT NULL,
  units_audio_second BIGINT NOT NULL,
  units_embedding BIGINT NOT NULL,
  units_rerank BIGINT NOT NULL,
  units_training BIGINT NOT NULL,
  lines TEXT NOT NULL,
  amount_micro BIGINT NOT NULL,
  partner_micro BIGINT NOT NULL,
  free_units BIGINT NOT NULL,
  discount_ppm BIGINT NOT NULL,
  currency TEXT NOT NULL,
  price_version TEXT NOT NULL
);
CREATE INDEX receipt_workspace ON receipt (workspace_id, ended_ms, id);

-- granularity: 0 minute, 1 hour, 2 day, 3 month. level: 0 all columns, 1 workspace and model, 2 model (the other columns are empty).
CREATE TABLE usage_rollup (
  granularity BIGINT NOT NULL,
  level BIGINT NOT NULL,
  workspace_id TEXT NOT NULL,
  start_ms BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  model TEXT NOT NULL,
  app TEXT NOT NULL,
  partner_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  requests BIGINT NOT NULL,
  errors BIGINT NOT NULL,
  units_input BIGINT NOT NULL,
  units_cached_input BIGINT NOT NULL,
  units_cache_write BIGINT NOT NULL,
  units_output BIGINT NOT NULL,
  units_thinking BIGINT NOT NULL,
  units_image BIGINT NOT NULL,
  units_audio_second BIGINT NOT NULL,
  units_embedding BIGINT NOT NULL,
  units_rerank BIGINT NOT NULL,
  units_training BIGINT NOT NULL,
  free_units BIGINT NOT NULL,
  amount_micro BIGINT NOT NULL,
  partner_micro BIGINT NOT NULL,
  PRIMARY KEY (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency)
);

CREATE TABLE free_use (
  workspace_id TEXT NOT NULL,
  free_id TEXT NOT NULL,
  model TEXT NOT NULL,
  used_units BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, free_id, model)
);

CREATE TABLE price_book (
  version TEXT NOT NULL PRIMARY KEY,
  loaded_ms BIGINT NOT NULL,
  actor TEXT NOT NULL,
  toml TEXT NOT NULL
);

CREATE TABLE budget (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  scope BIGINT NOT NULL,
  subject TEXT NOT NULL,
  period BIGINT NOT NULL,
  amount_micro BIGINT NOT NULL,
  hard BIGINT NOT NULL,
  alerts_ppm TEXT NOT NULL,
  webhook_url TEXT NOT NULL,
  webhook_secret TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);

CREATE TABLE budget_use (
  budget_id TEXT NOT NULL,
  period_start_ms BIGINT NOT NULL,
  spent_micro BIGINT NOT NULL,
  PRIMARY KEY (budget_id, period_start_ms)
);

CREATE TABLE budget_alert (
  id TEXT NOT NULL PRIMARY KEY,
  budget_id TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  period_start_ms BIGINT NOT NULL,
  threshold_ppm BIGINT NOT NULL,
  spent_micro BIGINT NOT NULL,
  amount_micro BIGINT NOT NULL,
  created_ms BIGINT NOT NULL,
  delivered_ms BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  last_error TEXT NOT NULL,
  UNIQUE (budget_id, period_start_ms, threshold_ppm)
);
CREATE INDEX budget_alert_workspace ON budget_alert (workspace_id, created_ms);

CREATE TABLE idempotency_claim (
  claim TEXT NOT NULL PRIMARY KEY,
  receipt_id TEXT NOT NULL,
  claimed_ms BIGINT NOT NULL
);
CREATE INDEX idempotency_claim_age ON idempotency_claim (claimed_ms);
