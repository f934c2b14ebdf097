-- Bills: settings, invoices and credit notes as they were issued; what chips did; partners, offerings, pay-outs.

CREATE TABLE billing_settings (
  id BIGINT PRIMARY KEY, -- 1
  document TEXT NOT NULL
);

-- Gapless: a number is taken in the transaction that issues.
CREATE TABLE number_series (
  name TEXT PRIMARY KEY,
  last_number BIGINT NOT NULL
);

-- Rows are only ever added.
CREATE TABLE invoice (
  id TEXT PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL,
  month TEXT NOT NULL,
  currency TEXT NOT NULL,
  issued_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  payable_micro BIGINT NOT NULL,
  document TEXT NOT NULL,
  document_sha256 TEXT NOT NULL,
  UNIQUE (account_id, month)
);
CREATE INDEX invoice_by_time ON invoice (issued_ms, id);

CREATE TABLE credit_note (
  id TEXT PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  idempotency_key TEXT NOT NULL UNIQUE,
  invoice_id TEXT NOT NULL,
  line BIGINT NOT NULL,
  currency TEXT NOT NULL,
  amount_micro BIGINT NOT NULL,
  total_micro BIGINT NOT NULL,
  issued_ms BIGINT NOT NULL,
  posted BIGINT NOT NULL, -- in the ledger
  document TEXT NOT NULL
);
CREATE INDEX credit_note_by_invoice ON credit_note (invoice_id);
CREATE INDEX credit_note_by_time ON credit_note (currency, issued_ms);
CREATE INDEX credit_note_not_posted ON credit_note (id) WHERE posted = 0;

CREATE TABLE chip_use (
  day_ms BIGINT NOT NULL,
  model TEXT NOT NULL,
  cpu_ms BIGINT NOT NULL,
  PRIMARY KEY (day_ms, model)
);

CREATE TABLE partner (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  account_id TEXT NOT NULL,
  sandbox_workspace_id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);

CREATE TABLE offering (
  id TEXT PRIMARY KEY,
  partner_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  title TEXT NOT NULL,
  share_ppm BIGINT NOT NULL,
  state TEXT NOT NULL,
  review_note TEXT NOT NULL,
  reviewed_by TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  changed_ms BIGINT NOT NULL,
  UNIQUE (kind, name)
);

CREATE TABLE payout (
  id TEXT PRIMARY KEY,
  idempotency_key TEXT NOT NULL UNIQUE,
  partner_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount_micro BIGINT NOT NULL,
  note TEXT NOT NULL,
  paid_ms BIGINT NOT NULL,
  posted BIGINT NOT NULL -- in the ledger
);
CREATE INDEX payout_by_partner ON payout (partner_id, paid_ms);
CREATE INDEX payout_not_posted ON payout (id) WHERE posted = 0;

-- Charges of settled requests; written with them.
CREATE TABLE charge_month (
  workspace_id TEXT NOT NULL,
  month_ms BIGINT NOT NULL, -- its first instant, UTC
  model TEXT NOT NULL,
  kind BIGINT NOT NULL,
  currency TEXT NOT NULL,
  units BIGINT NOT NULL,
  amount_micro BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, month_ms, model, kind, currency)
);

-- For statements: the postings that are no request's, which are few.
CREATE INDEX ledger_transaction_others ON ledger_transaction (workspace_id, created_ms)
  WHERE kind NOT IN ('hold', 'settle', 'release');

-- For partners' statements: their part of the rollups alone.
CREATE INDEX usage_rollup_partner ON usage_rollup (partner_id, granularity, level, start_ms) WHERE partner_id <> '';
