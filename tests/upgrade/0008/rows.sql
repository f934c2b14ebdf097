CREATE TABLE schema_migration (version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_unix BIGINT NOT NULL);
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
, old_hash {{blob}}, old_until_ms BIGINT NOT NULL DEFAULT 0);
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
CREATE TABLE audit_head (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  id BIGINT NOT NULL,
  hash TEXT NOT NULL
);
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
, webhook_sealed {{blob}});
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
CREATE TABLE billing_settings (
  id BIGINT PRIMARY KEY, -- 1
  document TEXT NOT NULL
);
CREATE TABLE number_series (
  name TEXT PRIMARY KEY,
  last_number BIGINT NOT NULL
);
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
CREATE INDEX ledger_transaction_others ON ledger_transaction (workspace_id, created_ms)
  WHERE kind NOT IN ('hold', 'settle', 'release');
CREATE INDEX usage_rollup_partner ON usage_rollup (partner_id, granularity, level, start_ms) WHERE partner_id <> '';
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
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (1, '0001_people', '0d7940ba83d2c315b636bb9b2f8787e046842c500d37017d7069ffd78358e1f4', 1792540140);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (2, '0002_ledger', 'bbcfcbc2feaae07f7ed6a12e244af401daad3aea25295c48456a78f1512e65f5', 1792540140);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (3, '0003_limits', 'e071a7242bef54eaacd95334b643d3e8a9473cae01f1c457620f1b63a474a1a0', 1792540140);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (4, '0004_billing', '467f759951bbe2336481b6e9c4d80915b18a324f891a1ccff5d9c8eb75e6593e', 1792540140);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (5, '0005_rotation', '4d11899bf33e4596360366f6a6b85da96c3576d1742fb7bc27d07e953c450939', 1792540140);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (6, '0006_sealed', '42b12cb4fa9a209a67a1c4786be5ec4adee4417f4ab8a8b37fead6903add008e', 1792540140);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (7, '0007_dialogs', '970f73f88756f77d5a2f68ae6e6dd1a4111501215747e60e96d6eb2d015fbd4a', 1792540140);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (8, '0008_tasks', '9e768939d36dcc7f644c13bd0f153e7827a300af3bc0c951f8983569a5ae0847', 1792540140);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_a1cf916cf893453f7f13', 'Default', 'CNY', 'postpaid', 1000000000000000, '', 0, '', '', '', 'active', 1792540140422);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_9feb4a50a9b2ceb4592e', 'shop', 'CNY', 'prepaid', 0, 'VAT', 60000, '', '', '', 'active', 1792540140463);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_00dba68923bfd86bf801', 'maps', 'CNY', 'prepaid', 0, '', 0, '', '', '', 'active', 1792540140835);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_3dc9d2c2f05149cccb45', 'acc_a1cf916cf893453f7f13', 'Default', 'active', 1, 0, 0, 0, 30, 0, 0, 1792540140422);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'shop', 'active', 1, 0, 0, 1, 3650, 0, 0, 1792540140463);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_993b88f74cf07678e83f', 'acc_00dba68923bfd86bf801', 'maps', 'active', 1, 0, 0, 0, 30, 0, 0, 1792540140835);
INSERT INTO person (id, email, name, is_operator, status, created_ms, password_hash, totp_secret, totp_confirmed, totp_last_step) VALUES ('usr_432b9c5199739ca1004c', NULL, 'Owner', 1, 'active', 1792540140422, NULL, NULL, 0, 0);
INSERT INTO person (id, email, name, is_operator, status, created_ms, password_hash, totp_secret, totp_confirmed, totp_last_step) VALUES ('usr_386ff07d18ea2f3122cd', 'li@shop.test', 'Li', 0, 'active', 1792540140486, '$argon2id$v=19$m=65536,t=2,p=1$w1ctCHhrmGfE+JVTu3xlyg$xvWmr2Pdy3xT1UOg36WIrJZU6NbOMVZ0wNvEVb/7luM', X'EEFDDF5AC8A0909FD42A7F44D6048B73A96F39E779B1510BBC769CDC7F8A3B4F6A69F228BF26EC48090ED197C2F856AF18699FD3934211D9D255FD37', 0, 0);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_3dc9d2c2f05149cccb45', 'usr_432b9c5199739ca1004c', 'owner', 1792540140422);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_f3b367a01d5d2ca5bff4', 'usr_432b9c5199739ca1004c', 'owner', 1792540140463);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_f3b367a01d5d2ca5bff4', 'usr_386ff07d18ea2f3122cd', 'billing', 1792540140486);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_993b88f74cf07678e83f', 'usr_432b9c5199739ca1004c', 'owner', 1792540140835);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_c38ae66ea05dbd1ee7a9', 'ws_3dc9d2c2f05149cccb45', 'usr_432b9c5199739ca1004c', 'first', 'sk-8800', X'EFBCEF846A91C6FAD01481AB3002A07B6856896579F5F28A6269406DC834371B', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792540140423, 0, 0, NULL, 0);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_d75397d0bad7280df170', 'ws_f3b367a01d5d2ca5bff4', 'usr_432b9c5199739ca1004c', 'web', 'sk-f1f1', X'E179F61C87CC0D0D08DD2EE31EE3FC684EE0FC81F213051E179505C6A52E8C8D', '{"models":["base","adapter"],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792540140480, 0, 0, X'80AA812D4EC233D6A62DD21F3D10A56A68ABD6E8EC69507A3B346DE3A2FF8559', 1792626540483);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_e1daa113030998401e52', 'ws_f3b367a01d5d2ca5bff4', 'usr_432b9c5199739ca1004c', 'old', 'sk-5806', X'6FC9963BC87EAC51761743B5FA5C9EC488994D31BDAD213A13E08C6950F2057D', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792540140483, 0, 1792540140885, NULL, 0);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_3459d52817ef33ac8fa6', 'ws_f3b367a01d5d2ca5bff4', 'usr_432b9c5199739ca1004c', 'slow', 'sk-c605', X'2144811578F8F045617594A6E14283512F5EFA8322DD0FFA817BB7C03ACD8701', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1795391342531, 0, 0, NULL, 0);
INSERT INTO console_session (id, token_hash, person_id, method, ip, user_agent, created_ms, seen_ms, expires_ms) VALUES ('ses_66ad50e72cb7ca036633', X'4C3111CCA9FC89AF6265ED3705E27388BA2DE4E77806A1060AFA98042335ECF3', 'usr_386ff07d18ea2f3122cd', 'link', '127.0.0.1', '', 1792540140487, 1792540140487, 1792583340487);
INSERT INTO sign_in_link (token_hash, person_id, expires_ms) VALUES (X'780D9EACF30FA6D47BC5B3C1506A977309DA5AE46175CC2EB3142A5CBCACBEA3', 'usr_432b9c5199739ca1004c', 1792626540423);
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (1, 1792540140423, '', '', '', 'cloud.create', 'ws_3dc9d2c2f05149cccb45', 'ws_3dc9d2c2f05149cccb45', 'acc_a1cf916cf893453f7f13', '{}', '74822dbe5e5ec83ff28de65f77676acc87c451edf3561705e4a9a51e41c9222c');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (2, 1792540140423, '', '', '', 'account.update', 'acc_a1cf916cf893453f7f13', '', 'acc_a1cf916cf893453f7f13', '{"billing":["prepaid","postpaid"],"credit_limit_micro":[0,1000000000000000]}', '28276a277a5513c69ca3b03b91f304eaaa0412f8b43f182a2802b8c1fcf67050');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (3, 1792540140423, '', '', '', 'link.create', 'usr_432b9c5199739ca1004c', '', '', '{}', '59f55106a188ec79c210a659c8e9b763d0f1b83f75fc98303c692d7a56499de2');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (4, 1792540140423, '', '', '', 'key.create', 'key_c38ae66ea05dbd1ee7a9', 'ws_3dc9d2c2f05149cccb45', 'acc_a1cf916cf893453f7f13', '{"name":"first","person":"usr_432b9c5199739ca1004c","hint":"sk-8800","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', 'b9808726840404f54522a474e2bd68cdd14eea8b93bef67e7da7a9f834e40e2b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (5, 1792540140455, '', 'local', '127.0.0.1', 'price.load', 'before', '', '', '{"toml":"version = \"before\"\n[[price]]\nmodel = \"*\"\ncurrency = \"CNY\"\nfrom = \"2020-01-01\"\ninput = 1_000_000_000\noutput = 10_000_000_000\n[[free]]\nid = \"welcome\"\nmodel = \"adapter\"\ntokens = 5\nfrom = \"2020-01-01\"\n"}', '7bdadb7ed4031c10a6ae406eb12a8126ce987fbb299c244339ab01d2ae68a012');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (6, 1792540140457, '', 'local', '127.0.0.1', 'billing.change', '', '', '', '{"seller_name":"Cloud Ltd","number_prefix":"CL","cost_currency":"CNY","cpu_hour_micro":1000000}', '0f1ffe465cfc0876261b048b2000cf38356b75364aa8cb4e747d784e74aaf7c7');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (7, 1792540140463, '', 'local', '127.0.0.1', 'account.create', 'acc_9feb4a50a9b2ceb4592e', '', 'acc_9feb4a50a9b2ceb4592e', '{"name":"shop","currency":"CNY","billing":"prepaid","credit_limit_micro":0,"tax_name":"","tax_ppm":0,"tax_number":"","address":"","email":"","status":"active"}', 'ed8b7fbca44d599dbb5b3ace2f478d09610de88900decb775ec8a0053f17f2b6');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (8, 1792540140467, '', 'local', '127.0.0.1', 'workspace.create', 'ws_f3b367a01d5d2ca5bff4', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"name":"shop","status":"active","weight":1,"priority":0,"share_prefix":false,"store_prompts":false,"retention_days":30,"discount_ppm":0,"sandbox":false,"owner":"usr_432b9c5199739ca1004c"}', '187c46ac5e3ecc0272a446c065ad5fea43b75138f43bf5898b34621f945b33e0');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (9, 1792540140473, '', 'local', '127.0.0.1', 'money.top_up', '1', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"amount_micro":50000000,"note":"Überweisung 17; ''in quotes''","workspace_id":"ws_f3b367a01d5d2ca5bff4"}', 'b5bd290b9f21399ecaa9e301777785059fc0c5932d66f5b883546b961ee81e2a');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (10, 1792540140473, '', 'local', '127.0.0.1', 'money.adjust', '2', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"amount_micro":1000000,"kind":"promotion","note":"welcome","workspace_id":"ws_f3b367a01d5d2ca5bff4"}', 'ab70b37a2deecd69ec1a3eeaac38174eb3a1c75af02b3b2dd43b77eea8bf0ca3');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (11, 1792540140474, '', 'local', '127.0.0.1', 'account.update', 'acc_9feb4a50a9b2ceb4592e', '', 'acc_9feb4a50a9b2ceb4592e', '{"tax_name":["","VAT"],"tax_ppm":[0,60000]}', '756bb88bc487bed75e6da7737b761818b268b3143c9a050efc8dfd3d331f3a4f');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (12, 1792540140479, '', 'local', '127.0.0.1', 'workspace.update', 'ws_f3b367a01d5d2ca5bff4', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"store_prompts":[false,true],"retention_days":[30,3650]}', '3e073e918974c1cb38709f72f24bac5a7c95f668a184c0815bc4ebe8d9bcddd5');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (13, 1792540140479, '', 'local', '127.0.0.1', 'limit.set', 'ws_f3b367a01d5d2ca5bff4', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"requests_per_minute":6000,"tokens_per_minute":0,"workspace_id":"ws_f3b367a01d5d2ca5bff4"}', '859159534267ba5758304140dd283a4a60efccffaf5572d2e6ee33f17b26e6ed');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (14, 1792540140480, '', 'local', '127.0.0.1', 'key.create', 'key_d75397d0bad7280df170', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"name":"web","person":"usr_432b9c5199739ca1004c","hint":"sk-2289","scopes":{"models":["base","adapter"],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '5fe8b62849745cc6c88fbfef9df3120927ecf913f84ab57aca5d339d4363b0ac');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (15, 1792540140480, '', 'local', '127.0.0.1', 'key.create', 'key_d75397d0bad7280df170', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"name":"web","limits":{"requests_per_minute":6000},"models":["base","adapter"],"workspace_id":"ws_f3b367a01d5d2ca5bff4"}', '18723ff5c416dc3455f85b1693961aa8914487d997229fe900e2fc3ad3bcc081');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (16, 1792540140483, '', 'local', '127.0.0.1', 'key.create', 'key_e1daa113030998401e52', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"name":"old","person":"usr_432b9c5199739ca1004c","hint":"sk-5806","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '6529ffd5965230c7a92d8a7bcaae08e8adaf441ae59396490cf5d312cea8f0c3');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (17, 1792540140483, '', 'local', '127.0.0.1', 'key.create', 'key_e1daa113030998401e52', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"name":"old","workspace_id":"ws_f3b367a01d5d2ca5bff4"}', '51abafd44a714d345c6fd87e8d0a20062eca4f7b01ee6bc3c99d822eb189eb1c');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (18, 1792540140483, '', 'local', '127.0.0.1', 'key.rotate', 'key_d75397d0bad7280df170', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"overlap_ms":86400000}', '3ae6015ff0b53573ede027c1ef546fba3d92602a9eb110633f99e4eb421f3f0d');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (19, 1792540140485, '', 'local', '127.0.0.1', 'budget.create', 'bud_03e4935feadb378bb413ebd1', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"amount_micro":10000,"period":"total","hard":false,"alerts_percent":["50"],"webhook_secret":"(secret)","workspace_id":"ws_f3b367a01d5d2ca5bff4"}', 'ee6e4c4a289d573aa30a5cc46958e1aea1cbbc0c90506d4a1ba2460bfcbfbed9');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (20, 1792540140486, '', 'local', '127.0.0.1', 'person.create', 'usr_386ff07d18ea2f3122cd', '', '', '{"email":"li@shop.test","name":"Li","operator":false,"status":"active"}', '1558ca1bdaf7d97c01832025c4d1acb29a58fef2ec3a00d214be755c75ff2fc6');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (21, 1792540140486, '', 'local', '127.0.0.1', 'link.create', 'usr_386ff07d18ea2f3122cd', '', '', '{}', '7afe0ab357e6ac41e2c4559fe8a4b09bff11be70bb5b51d62650b863ded3b64b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (22, 1792540140486, '', 'local', '127.0.0.1', 'member.set', 'usr_386ff07d18ea2f3122cd', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"role":[null,"billing"]}', 'dfccdd636c9b89c8f1b12f05c35d68a51e021c4dea0dbac4552b0e64eaed72b4');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (23, 1792540140487, 'usr_386ff07d18ea2f3122cd', '', '127.0.0.1', 'session.begin', 'usr_386ff07d18ea2f3122cd', '', '', '{"method":"link"}', '94b137c5b207f4c0290dc8559a2e35c38682e56a4c17fd791d90c881cea2a48e');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (24, 1792540140833, 'usr_386ff07d18ea2f3122cd', '', '127.0.0.1', 'password.set', 'usr_386ff07d18ea2f3122cd', '', '', '{}', '5fe40ca85e197b358ca9d1061cdef02d5ec6f820df57876e3efc54bcd482e826');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (25, 1792540140834, 'usr_386ff07d18ea2f3122cd', '', '127.0.0.1', 'totp.begin', 'usr_386ff07d18ea2f3122cd', '', '', '{}', 'bf90862674c06ed066819ea30ff62e8559bc993f0dc23ec7218c1d515fecce7d');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (26, 1792540140835, '', 'local', '127.0.0.1', 'account.create', 'acc_00dba68923bfd86bf801', '', 'acc_00dba68923bfd86bf801', '{"name":"maps","currency":"CNY","billing":"prepaid","credit_limit_micro":0,"tax_name":"","tax_ppm":0,"tax_number":"","address":"","email":"","status":"active"}', '2194aba8a50c2cee85805188dcc0ddae969bc147425a538ad3dd6effa10d7bc5');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (27, 1792540140835, '', 'local', '127.0.0.1', 'workspace.create', 'ws_993b88f74cf07678e83f', 'ws_993b88f74cf07678e83f', 'acc_00dba68923bfd86bf801', '{"name":"maps","status":"active","weight":1,"priority":0,"share_prefix":false,"store_prompts":false,"retention_days":30,"discount_ppm":0,"sandbox":false,"owner":"usr_432b9c5199739ca1004c"}', '68b265a352cb3ee179e644a8b9404d2f969e0394c71c7208b7dbd39c8b597dd7');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (28, 1792540140836, '', 'local', '127.0.0.1', 'partner.create', 'prt_d188fd4a808d210c6e6c', '', '', '{"name":"Maps Ltd","account_id":"acc_00dba68923bfd86bf801"}', '4b725ce5ef3f31ad1b28a8d0659960c3ce4ebb348e984e5ccb6783bea8d3e969');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (29, 1792540140836, '', 'local', '127.0.0.1', 'offering.create', 'off_9440f5084086e35b579d', '', 'acc_00dba68923bfd86bf801', '{"kind":"model","name":"adapter","share_ppm":300000,"partner_id":"prt_d188fd4a808d210c6e6c"}', '285637a925d823e9269ebdfc8b8f98003786d5c548858cdba7fd2a06f17696f9');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (30, 1792540140836, '', 'local', '127.0.0.1', 'offering.submit', 'off_9440f5084086e35b579d', '', 'acc_00dba68923bfd86bf801', '{"offering_id":"off_9440f5084086e35b579d","partner_id":"prt_d188fd4a808d210c6e6c"}', '56a57c5faec4ced716826da361963e5266d6ba42eaed468bdebeb07645dc652e');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (31, 1792540140837, '', 'local', '127.0.0.1', 'offering.review', 'off_9440f5084086e35b579d', '', 'acc_00dba68923bfd86bf801', '{"list":true,"note":"good","offering_id":"off_9440f5084086e35b579d","partner_id":"prt_d188fd4a808d210c6e6c"}', '9095c136b11d307374c1786f09ad22c2bef3efa5a604697d018587522750890b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (32, 1792540140885, '', 'local', '127.0.0.1', 'key.revoke', 'key_e1daa113030998401e52', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{}', 'bd5762678b7c8d2b698d084d2c053075a7eff468c9dddf3fd0e45826f97a2390');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (33, 1795391342015, '', 'local', '127.0.0.1', 'invoice.issue', 'inv_6d48e31684de46715fb3', '', 'acc_9feb4a50a9b2ceb4592e', '{"month":"2026-10","account_id":"acc_9feb4a50a9b2ceb4592e"}', '8b1231a5edc006403c2e654c0b4eeeb748b0ab5d37326ac81d5513fcc1ab160a');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (34, 1795391342018, '', 'local', '127.0.0.1', 'invoice.credit', 'cn_4c78feb32ad364f6e599', '', 'acc_9feb4a50a9b2ceb4592e', '{"line":1,"amount_micro":1000,"reason":"outage","account_id":"acc_9feb4a50a9b2ceb4592e","invoice_id":"inv_6d48e31684de46715fb3"}', '991caf874152667794d2a17684c5c90af2b4fce93678f9eb63b07aaff00a2ca7');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (35, 1795391342022, '', 'local', '127.0.0.1', 'payout.create', 'pay_aaa28fb940b49c327f08', '', 'acc_00dba68923bfd86bf801', '{"currency":"CNY","amount_micro":1000,"note":"first","partner_id":"prt_d188fd4a808d210c6e6c"}', '7f194c0c0918530d984dbafcf9608d66d96691c5350080d2fdf641dd6d506f14');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (36, 1795391342443, '', 'local', '127.0.0.1', 'backup.create', 'backup-1795391342087.tar', '', '', '{}', 'cc90c29860de2abb1bafc6abffa47bf8879db17215afe4005747ea689440a7f3');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (37, 1795391342448, '', 'local', '127.0.0.1', 'backup.read', 'backup-1795391342087.tar', '', '', '{"offset":0}', '4bc888e5b8cef62d7924f1a661bc72af5bb2dc1aa92090a3ce36f1a6cf4d6516');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (38, 1795391342453, '', 'local', '127.0.0.1', 'backup.read', 'backup-1795391342087.tar', '', '', '{"offset":503296}', 'e4579fc54c46bd5c4a8ab50f928ed765eb00920476fc813e78cf1129325542d1');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (39, 1795391342495, '', 'local', '127.0.0.1', 'backup.delete', 'backup-1795391342087.tar', '', '', '{"name":"backup-1795391342087.tar"}', 'da768629f5663ddec595bb49689594932c3e1b5f19018f8f4c4552af9861036e');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (40, 1795391342531, '', 'local', '127.0.0.1', 'key.create', 'key_3459d52817ef33ac8fa6', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"name":"slow","person":"usr_432b9c5199739ca1004c","hint":"sk-c605","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '2ce9fcea2542f625061eb7b4b6f918e48bfb26a0ab5c05252cfa2989bc6ccc4b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (41, 1795391342531, '', 'local', '127.0.0.1', 'key.create', 'key_3459d52817ef33ac8fa6', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', '{"name":"slow","workspace_id":"ws_f3b367a01d5d2ca5bff4"}', '0c211d93b9fff1548113c43c9ac4145dad06c58d01e1da96dc6958bff1225654');
INSERT INTO audit_head (one, id, hash) VALUES (1, 41, '0c211d93b9fff1548113c43c9ac4145dad06c58d01e1da96dc6958bff1225654');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (1, 'top_up', 'admin:top_up:ws_f3b367a01d5d2ca5bff4:2b2d9beaabdb4f0d0adb3c8f84acac09', '', 'ws_f3b367a01d5d2ca5bff4', 1792540140472, 'Überweisung 17; ''in quotes''');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (2, 'promotion', 'admin:adjust:ws_f3b367a01d5d2ca5bff4:734d06d1c3bcb6edc9a69758f38b8611', '', 'ws_f3b367a01d5d2ca5bff4', 1792540140473, 'welcome');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (3, 'settle', 'rcp_1a15bb7e525657c1e08cc1e0', 'rcp_1a15bb7e525657c1e08cc1e0', 'ws_f3b367a01d5d2ca5bff4', 1792540140847, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (4, 'settle', 'rcp_1a15bb7e5337882ec6b7c1bc', 'rcp_1a15bb7e5337882ec6b7c1bc', 'ws_f3b367a01d5d2ca5bff4', 1792540140859, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (5, 'settle', 'rcp_1a15bb7e53bd7a8582b48f87', 'rcp_1a15bb7e53bd7a8582b48f87', 'ws_f3b367a01d5d2ca5bff4', 1792540140861, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (6, 'settle', 'rcp_1a15bb7e53da28d7c0dad0d1', 'rcp_1a15bb7e53da28d7c0dad0d1', 'ws_f3b367a01d5d2ca5bff4', 1792540140867, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (7, 'settle', 'rcp_1a15bb7e5438b3d27cae0f97', 'rcp_1a15bb7e5438b3d27cae0f97', 'ws_f3b367a01d5d2ca5bff4', 1792540140871, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (8, 'settle', 'rcp_1a15bb7e54717c85fa64b753', 'rcp_1a15bb7e54717c85fa64b753', 'ws_f3b367a01d5d2ca5bff4', 1792540140875, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (9, 'settle', 'rcp_1a15bb7e54da2efdfe9b3b73', 'rcp_1a15bb7e54da2efdfe9b3b73', 'ws_f3b367a01d5d2ca5bff4', 1792540140879, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (10, 'settle', 'rcp_1a15bb7e5501477fc2a47fbe', 'rcp_1a15bb7e5501477fc2a47fbe', 'ws_f3b367a01d5d2ca5bff4', 1792540140882, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (11, 'settle', 'rcp_1a15bb7e5535c8af990d3b8c', 'rcp_1a15bb7e5535c8af990d3b8c', 'ws_f3b367a01d5d2ca5bff4', 1792540140885, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (12, 'credit_note', 'credit_note:cn_4c78feb32ad364f6e599', '', 'ws_f3b367a01d5d2ca5bff4', 1795391342018, 'CL-CN-2026-000001: outage');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (13, 'pay_out', 'pay_out:pay_aaa28fb940b49c327f08', '', '', 1795391342022, 'pay_aaa28fb940b49c327f08: first');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (14, 'settle', 'rcp_1a205a9c5c7af3227cbd5ecc', 'rcp_1a205a9c5c7af3227cbd5ecc', 'ws_f3b367a01d5d2ca5bff4', 1795391342027, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (15, 'hold', 'hold:rcp_1a205a9c7cc2b82d93e2f545', 'rcp_1a205a9c7cc2b82d93e2f545', 'ws_f3b367a01d5d2ca5bff4', 1795391343639, '');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (1, 1, 'platform:cash', -50000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (1, 2, 'ws:ws_f3b367a01d5d2ca5bff4:available', 50000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (2, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', 1000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (2, 2, 'platform:promotions', -1000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (3, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (3, 2, 'platform:revenue', 52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -47000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 2, 'partner:prt_d188fd4a808d210c6e6c:payable', 14100, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 3, 'platform:revenue', 32900, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (5, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (5, 2, 'platform:revenue', 52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 2, 'partner:prt_d188fd4a808d210c6e6c:payable', 15600, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 3, 'platform:revenue', 36400, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (7, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (7, 2, 'platform:revenue', 52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 2, 'partner:prt_d188fd4a808d210c6e6c:payable', 15600, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 3, 'platform:revenue', 36400, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (9, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (9, 2, 'platform:revenue', 52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (10, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (10, 2, 'platform:revenue', 52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (11, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (11, 2, 'platform:revenue', 52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (12, 1, 'platform:credit_notes', -1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (12, 2, 'ws:ws_f3b367a01d5d2ca5bff4:available', 1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (13, 1, 'partner:prt_d188fd4a808d210c6e6c:payable', -1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (13, 2, 'platform:cash', 1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (14, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (14, 2, 'platform:revenue', 52000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (15, 1, 'ws:ws_f3b367a01d5d2ca5bff4:available', -40972000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (15, 2, 'ws:ws_f3b367a01d5d2ca5bff4:reserved', 40972000, 'CNY');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:cash', 'CNY', -49999000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('ws:ws_f3b367a01d5d2ca5bff4:available', 'CNY', 9514000, 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:promotions', 'CNY', -1000000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:revenue', 'CNY', 469700, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('partner:prt_d188fd4a808d210c6e6c:payable', 'CNY', 44300, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:credit_notes', 'CNY', -1000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('ws:ws_f3b367a01d5d2ca5bff4:reserved', 'CNY', 40972000, 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e');
INSERT INTO ledger_hold (receipt_id, workspace_id, amount_micro, currency) VALUES ('rcp_1a205a9c7cc2b82d93e2f545', 'ws_f3b367a01d5d2ca5bff4', 40972000, 'CNY');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15bb7e525657c1e08cc1e0', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'key_d75397d0bad7280df170', 'base', '', '', 'req_beb527e5d818e6558f38bb9c', 1792540140837, 1792540140847, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",4,0,10000000000,40000]]', 52000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15bb7e5337882ec6b7c1bc', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'key_d75397d0bad7280df170', 'adapter', '', 'prt_d188fd4a808d210c6e6c', 'req_42463b630b2723a1b6806de7', 1792540140851, 1792540140859, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, '[["input",12,5,1000000000,7000],["output",4,0,10000000000,40000]]', 47000, 14100, 5, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15bb7e53bd7a8582b48f87', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'key_d75397d0bad7280df170', 'base', '', '', 'req_a5e36041d75c30495d614863', 1792540140859, 1792540140861, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",4,0,10000000000,40000]]', 52000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15bb7e53da28d7c0dad0d1', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'key_d75397d0bad7280df170', 'adapter', '', 'prt_d188fd4a808d210c6e6c', 'req_ef38a284a655f62267b49803', 1792540140861, 1792540140867, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",4,0,10000000000,40000]]', 52000, 15600, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15bb7e5438b3d27cae0f97', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'key_d75397d0bad7280df170', 'base', '', '', 'req_e471e65e831cc3856c10f18b', 1792540140867, 1792540140871, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",4,0,10000000000,40000]]', 52000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15bb7e54717c85fa64b753', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'key_d75397d0bad7280df170', 'adapter', '', 'prt_d188fd4a808d210c6e6c', 'req_6d9bd74eccedc5d7b6b1a23b', 1792540140871, 1792540140875, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",4,0,10000000000,40000]]', 52000, 15600, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15bb7e54da2efdfe9b3b73', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'key_d75397d0bad7280df170', 'base', '', '', 'req_55801f59f0a380109b9c924f', 1792540140877, 1792540140879, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",4,0,10000000000,40000]]', 52000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15bb7e5501477fc2a47fbe', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'key_d75397d0bad7280df170', 'base', '', '', 'req_db969eedcc4ddd5acdd8075b', 1792540140880, 1792540140882, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",4,0,10000000000,40000]]', 52000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15bb7e5535c8af990d3b8c', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'key_e1daa113030998401e52', 'base', '', '', 'req_ed73b3c09694cbf615cd0f79', 1792540140883, 1792540140885, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",4,0,10000000000,40000]]', 52000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a205a9c5c7af3227cbd5ecc', 'ws_f3b367a01d5d2ca5bff4', 'acc_9feb4a50a9b2ceb4592e', 'key_d75397d0bad7280df170', 'base', '', '', 'req_68f982b9b09ddc1f81af8302', 1795391342023, 1795391342027, 0, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",4,0,10000000000,40000]]', 52000, 0, 0, 0, 'CNY', 'before');
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_f3b367a01d5d2ca5bff4', 1792540140000, 'key_d75397d0bad7280df170', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 260000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_f3b367a01d5d2ca5bff4', 1792540140000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 312000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1792540140000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 312000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_f3b367a01d5d2ca5bff4', 1792537200000, 'key_d75397d0bad7280df170', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 260000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_f3b367a01d5d2ca5bff4', 1792537200000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 312000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1792537200000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 312000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_f3b367a01d5d2ca5bff4', 1792454400000, 'key_d75397d0bad7280df170', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 260000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_f3b367a01d5d2ca5bff4', 1792454400000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 312000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1792454400000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 312000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_f3b367a01d5d2ca5bff4', 1790812800000, 'key_d75397d0bad7280df170', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 260000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_f3b367a01d5d2ca5bff4', 1790812800000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 312000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1790812800000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 312000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_f3b367a01d5d2ca5bff4', 1792540140000, 'key_d75397d0bad7280df170', 'adapter', '', 'prt_d188fd4a808d210c6e6c', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_f3b367a01d5d2ca5bff4', 1792540140000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1792540140000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_f3b367a01d5d2ca5bff4', 1792537200000, 'key_d75397d0bad7280df170', 'adapter', '', 'prt_d188fd4a808d210c6e6c', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_f3b367a01d5d2ca5bff4', 1792537200000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1792537200000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_f3b367a01d5d2ca5bff4', 1792454400000, 'key_d75397d0bad7280df170', 'adapter', '', 'prt_d188fd4a808d210c6e6c', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_f3b367a01d5d2ca5bff4', 1792454400000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1792454400000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_f3b367a01d5d2ca5bff4', 1790812800000, 'key_d75397d0bad7280df170', 'adapter', '', 'prt_d188fd4a808d210c6e6c', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_f3b367a01d5d2ca5bff4', 1790812800000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1790812800000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 12, 0, 0, 0, 0, 0, 0, 5, 151000, 45300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_f3b367a01d5d2ca5bff4', 1792540140000, 'key_e1daa113030998401e52', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_f3b367a01d5d2ca5bff4', 1792537200000, 'key_e1daa113030998401e52', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_f3b367a01d5d2ca5bff4', 1792454400000, 'key_e1daa113030998401e52', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_f3b367a01d5d2ca5bff4', 1790812800000, 'key_e1daa113030998401e52', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_f3b367a01d5d2ca5bff4', 1795391340000, 'key_d75397d0bad7280df170', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_f3b367a01d5d2ca5bff4', 1795391340000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1795391340000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_f3b367a01d5d2ca5bff4', 1795388400000, 'key_d75397d0bad7280df170', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_f3b367a01d5d2ca5bff4', 1795388400000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1795388400000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_f3b367a01d5d2ca5bff4', 1795305600000, 'key_d75397d0bad7280df170', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_f3b367a01d5d2ca5bff4', 1795305600000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1795305600000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_f3b367a01d5d2ca5bff4', 1793491200000, 'key_d75397d0bad7280df170', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_f3b367a01d5d2ca5bff4', 1793491200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1793491200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 52000, 0);
INSERT INTO free_use (workspace_id, free_id, model, used_units) VALUES ('ws_f3b367a01d5d2ca5bff4', 'welcome', 'adapter', 5);
INSERT INTO price_book (version, loaded_ms, actor, toml) VALUES ('before', 1792540140455, 'local', 'version = "before"
[[price]]
model = "*"
currency = "CNY"
from = "2020-01-01"
input = 1_000_000_000
output = 10_000_000_000
[[free]]
id = "welcome"
model = "adapter"
tokens = 5
from = "2020-01-01"
');
INSERT INTO budget (id, workspace_id, scope, subject, period, amount_micro, hard, alerts_ppm, webhook_url, webhook_secret, created_ms, webhook_sealed) VALUES ('bud_03e4935feadb378bb413ebd1', 'ws_f3b367a01d5d2ca5bff4', 0, '', 2, 10000, 0, '500000', '', '', 1792540140484, X'01FCD76A641959FB29436D6FBC57E56794B1481D3662BF7E3542444403589967854F830F3D82');
INSERT INTO budget_use (budget_id, period_start_ms, spent_micro) VALUES ('bud_03e4935feadb378bb413ebd1', 0, 515000);
INSERT INTO budget_alert (id, budget_id, workspace_id, period_start_ms, threshold_ppm, spent_micro, amount_micro, created_ms, delivered_ms, attempts, last_error) VALUES ('alr_b04d53141f002a0f716482fc', 'bud_03e4935feadb378bb413ebd1', 'ws_f3b367a01d5d2ca5bff4', 0, 500000, 52000, 10000, 1792540140847, 0, 0, '');
INSERT INTO idempotency_claim (claim, receipt_id, claimed_ms) VALUES ('24564524a1c7cc2975e0232f4da5988f', 'rcp_1a15bb7e5501477fc2a47fbe', 1792540140880);
INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_9feb4a50a9b2ceb4592e', 'workspace', 'ws_f3b367a01d5d2ca5bff4', '*', 6000, 0, 0, 0);
INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_9feb4a50a9b2ceb4592e', 'key', 'key_d75397d0bad7280df170', '*', 6000, 0, 0, 0);
INSERT INTO billing_settings (id, document) VALUES (1, '{"seller_name":"Cloud Ltd","seller_address":"","seller_tax_id":"","number_prefix":"CL","series_per_account":false,"tax_included":true,"due_days":30,"note":"","cost_currency":"CNY","cpu_hour_micro":1000000,"kwh_micro":0,"cpu_milliwatts":0}');
INSERT INTO number_series (name, last_number) VALUES ('CL-2026', 1);
INSERT INTO number_series (name, last_number) VALUES ('CL-CN-2026', 1);
INSERT INTO invoice (id, number, account_id, month, currency, issued_ms, due_ms, payable_micro, document, document_sha256) VALUES ('inv_6d48e31684de46715fb3', 'CL-2026-000001', 'acc_9feb4a50a9b2ceb4592e', '2026-10', 'CNY', 1795391342015, 0, 460000, '{"id":"inv_6d48e31684de46715fb3","number":"CL-2026-000001","account_id":"acc_9feb4a50a9b2ceb4592e","month":"2026-10","issued_ms":1795391342015,"due_ms":0,"seller":{"name":"Cloud Ltd","address":"","tax_id":""},"buyer":{"name":"shop","address":"","tax_id":""},"currency":"CNY","tax":{"name":"VAT","ppm":60000,"included":true},"lines":[{"number":1,"workspace_id":"ws_f3b367a01d5d2ca5bff4","workspace":"shop","model":"adapter","kind":"input","units":36,"amount_micro":31000},{"number":2,"workspace_id":"ws_f3b367a01d5d2ca5bff4","workspace":"shop","model":"adapter","kind":"output","units":12,"amount_micro":120000},{"number":3,"workspace_id":"ws_f3b367a01d5d2ca5bff4","workspace":"shop","model":"base","kind":"input","units":72,"amount_micro":72000},{"number":4,"workspace_id":"ws_f3b367a01d5d2ca5bff4","workspace":"shop","model":"base","kind":"output","units":24,"amount_micro":240000}],"charges_micro":463000,"tax_micro":26208,"total_micro":463000,"rounding_micro":-3000,"payable_micro":460000,"payable":"0.46","note":""}', 'f91093017d2bfb94d1eb7b2e6e9ba022530bff4db4f174f61c03fdb6542f80b9');
INSERT INTO credit_note (id, number, idempotency_key, invoice_id, line, currency, amount_micro, total_micro, issued_ms, posted, document) VALUES ('cn_4c78feb32ad364f6e599', 'CL-CN-2026-000001', 'admin:credit:inv_6d48e31684de46715fb3:8a94044ef91097f87cbe4395339daa9b', 'inv_6d48e31684de46715fb3', 1, 'CNY', 1000, 1000, 1795391342018, 1, '{"id":"cn_4c78feb32ad364f6e599","number":"CL-CN-2026-000001","invoice_id":"inv_6d48e31684de46715fb3","invoice_number":"CL-2026-000001","account_id":"acc_9feb4a50a9b2ceb4592e","line":1,"workspace_id":"ws_f3b367a01d5d2ca5bff4","currency":"CNY","amount_micro":1000,"tax_micro":57,"total_micro":1000,"reason":"outage","issued_ms":1795391342018}');
INSERT INTO partner (id, name, account_id, sandbox_workspace_id, status, created_ms) VALUES ('prt_d188fd4a808d210c6e6c', 'Maps Ltd', 'acc_00dba68923bfd86bf801', '', 'active', 1792540140835);
INSERT INTO offering (id, partner_id, kind, name, title, share_ppm, state, review_note, reviewed_by, created_ms, changed_ms) VALUES ('off_9440f5084086e35b579d', 'prt_d188fd4a808d210c6e6c', 'model', 'adapter', '', 300000, 'listed', 'good', 'local', 1792540140836, 1792540140837);
INSERT INTO payout (id, idempotency_key, partner_id, currency, amount_micro, note, paid_ms, posted) VALUES ('pay_aaa28fb940b49c327f08', 'admin:pay_out:prt_d188fd4a808d210c6e6c:783712c579cf0415e742e54c70c5e277', 'prt_d188fd4a808d210c6e6c', 'CNY', 1000, 'first', 1795391342022, 1);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_f3b367a01d5d2ca5bff4', 1790812800000, 'base', 0, 'CNY', 72, 72000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_f3b367a01d5d2ca5bff4', 1790812800000, 'base', 3, 'CNY', 24, 240000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_f3b367a01d5d2ca5bff4', 1790812800000, 'adapter', 0, 'CNY', 36, 31000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_f3b367a01d5d2ca5bff4', 1790812800000, 'adapter', 3, 'CNY', 12, 120000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_f3b367a01d5d2ca5bff4', 1793491200000, 'base', 0, 'CNY', 12, 12000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_f3b367a01d5d2ca5bff4', 1793491200000, 'base', 3, 'CNY', 4, 40000);
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15bb7e525657c1e08cc1e0', 'ws_f3b367a01d5d2ca5bff4', 'key_d75397d0bad7280df170', 'base', 1792540140847, 143, X'01FCD76A64222012E10869D01E892794DF0020CC4E07442DB90CFBF90C2EC45B210F4EB10E7309F175D67BAFD34AC424C2A7A5CCA041257AE23FAAC5493B72309697F64105A1B9A1A9C71D318BAA71BA2F0075252B478EFB6EF9712FA1F54E101655C20F7679D889812A3B24B09C1C576251A70261F4A2', X'01FCD76A64486E7DFBC32F10260E0A109CFE892FF1D4AAEF6BE54204BEE70826C37D69A7BFF6299680DC72E60E803D70831F9D3759C969D7146C3C6FF67BC497F0D25A185E2D3E51CCFA34C8EC11851727A13F406262F801E655');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15bb7e5337882ec6b7c1bc', 'ws_f3b367a01d5d2ca5bff4', 'key_d75397d0bad7280df170', 'adapter', 1792540140859, 146, X'01FCD76A64B29B30CFAF4411A6C6D0DF6783C1D207F043F9C412F910D96A1C32467FDE75BC1A37228DB7DD622725C4E02E01FDD728B0C52528A7F065FB7658FB43CF452B0B8872EF701D458B5D8FECC619202606665F98F5922467AC1A5DE1D96E54C760599D6AC51516B4CD07DDAAB446CBCEDCB46646894B08', X'01FCD76A64A85A62C130E63951B6430A175C6AA7D34CE78379591BFD3A4835E33975D539BE9233174D4A3CB9CFA74BC99F56C86B563C3C112A14E95F9340E177AB8CAE048BF92E11FFD1AD6A476D27E7F63CD8DB04F2C72BD4AC');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15bb7e53bd7a8582b48f87', 'ws_f3b367a01d5d2ca5bff4', 'key_d75397d0bad7280df170', 'base', 1792540140861, 143, X'01FCD76A64DAB5D1F6E351A2981F126EDE207D261AD805CC4572BCC3BCC583BEEE7864349679A2B42010BA47B147C66E67BB7382319BB8E217E1403821884EF29B44090CB3013563F6BE9BF1F10953A608AAAFE6EE887FE9FDF834CEBFEA0ED75529BF8A5180635FB96BE9B8E068F913BD5EA70FD79F98', X'01FCD76A648EDC8401F6B039D2CDE329BB9DF9D1CAC790C7A0BBF2E12B1C90CF276763B5FE7063530EC159804E7E601527CFFAB44A424C3142A86D00FB2186E13A3040F8267BFB21B466DA6419D7738E16EF3D2BE78A1FC06135');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15bb7e53da28d7c0dad0d1', 'ws_f3b367a01d5d2ca5bff4', 'key_d75397d0bad7280df170', 'adapter', 1792540140867, 146, X'01FCD76A647C9C9CDA246133D7C7B91B1457C11DBCDA2C1FBDD90E388E2627AB2833F79D0F2502533C4BB96F81027D146E0234122951D28514C74A39D382A907C231CBF5FD4F8345B76CE2AD768F38472030D0B166C533CFEE8D74044BFDEEEF3DB73919B79DA0772C4914AC96FD2C45C29C8802CFF27B423E83', X'01FCD76A64224AAF4F145946B883140AA931D7557E753FAF34CE9E3F37457ED88402295F7F5DAA961CE70FB8B9DFF9996BEE90F1BD5141628FA0F732BD4D688774FE3612C2D8DF67272A282686B9A700B527DF5A35EA8B2FF138');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15bb7e5438b3d27cae0f97', 'ws_f3b367a01d5d2ca5bff4', 'key_d75397d0bad7280df170', 'base', 1792540140871, 143, X'01FCD76A64FA845E56D2012D602C1B798566F7C1E4F1413BE9FE84FF406B360C19291D221405025D94A1B91C71CB6C6A8D1D826162FA157D886D5CEA1456B65AB7B0A6BB50CFFC0BAE1C164A2A57B443F3FB5251C305A6CF154DD5419FECF1314A78A6DA4987B85757CA2ADE80F5CF24A58D1104ACC11F', X'01FCD76A64AFE506FF98085CFD00C278A190789482C33A4BD3B89149E67FCCE50FCCCB6379B841C75FAA1A5338660881F0D46E732596FC2639EA607D2B7352787D9E848AC09E33AAD822021147D0F6BF1D1A7060A7981AD9A3D0');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15bb7e54717c85fa64b753', 'ws_f3b367a01d5d2ca5bff4', 'key_d75397d0bad7280df170', 'adapter', 1792540140875, 146, X'01FCD76A64774D6F1A300BFA93AE65AE1F12C2389E2C1E60009D5A1031014992A96E6F9D32A95AAF377F53325E23EBDFDBEC8ACC9B71AF220C9C362CFF7A85F7AFE8EE69BCE8D931859B628FCE05DB37B3C9557D0BAE0A8B6945DC4D6204BAD058C0D9BE530E04C177CB4C35973DFB95A96705F95C2CD68A2DD0', X'01FCD76A6408A23F3859B1BF16608DD5A5EAD6A5B7444510516B43C6C7C24CB35FBBAAEFC9F2CEDE0023B554651CB05415F021DCD8DC9FDB8C83B750F826523AC9F5AC19F6851E10794FAB1F65520A445E46C21B4DD803061931');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15bb7e54da2efdfe9b3b73', 'ws_f3b367a01d5d2ca5bff4', 'key_d75397d0bad7280df170', 'base', 1792540140879, 117, X'01FCD76A64D89A5B37A01E8656E9651790A1332C25C62843BFB9C9043D703E0A9F213BC08455FEBFE8C7217596F4CAF79A8BEAF757178746D41FF70DCE42F6F0E96B625BBDA2B33C6707F3F86511037BABFDCC97DDF250F6D3F02D7192', X'01FCD76A64B08FB413B22A28BDE98B111961F2B6EB084B21C1E5AB10F9E150FB4CBDE16942AC4F0052B2241FF6171DEC80B7BB1C97CAFEAB363257C159B4379B2439B5B7F796FB825E52546F50B4A31CAA140D11125B4E567A53');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15bb7e5501477fc2a47fbe', 'ws_f3b367a01d5d2ca5bff4', 'key_d75397d0bad7280df170', 'base', 1792540140882, 143, X'01FCD76A6491ABFB563A9B88A12BC40BB6DEA6C7BD44FC00395BEF9A9EBE833C0E5D81E4233CB2D2537B438AB7142A7113891E10147BBAA2A6F066027CF42697DCBFE64D4624E7FC8640A550EDA65761B6938D10C187EB957FEF62729DC873F45605FBFF23DCBACD80446549BF8569D702349F66977730', X'01FCD76A64A486CCDCDACCB7FD410AD54363E640412EC5E58559F13156520FF8FFD8FABA3E9A98C40D00DAAC2FB7FD2C63A4CAA2F961CF1BB7C86F3F224F831DBC826ECE9F32C85A3981FA7024ADB8222074453CDFAB7BB5A403');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15bb7e5535c8af990d3b8c', 'ws_f3b367a01d5d2ca5bff4', 'key_e1daa113030998401e52', 'base', 1792540140885, 143, X'01FCD76A64DAF49B3A41553B610219BA22BB45024AA9B1DAE932CEDAEDD07D5AFBBD87D91B3CBE0ACAC08398E4072A13A3492320F0E6F39D23BE4BF20FB179604882984787D9FC496625A229BE2AAD4E6DA21B3674D3451B3292A5B67D4BCCE22CE411D94D888F315335A43F96C64B74C67396C9F35263', X'01FCD76A6469CCBD429613A0314EC25A1CCEED8CDBA8E40207A623B13E34FFE8ACAB55C7E4EEBFFBC6EE354E3F0AB223102B442FDD501E184098F12066B704B1985F517E85675E0E4F43382EC01C45657452D5F553632A5B1123');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a205a9c5c7af3227cbd5ecc', 'ws_f3b367a01d5d2ca5bff4', 'key_d75397d0bad7280df170', 'base', 1795391342027, 143, X'01FCD76A64AF267AF181E393BE5456197CDD0C667F9347B2BC4B1C1A8B5F2DF7002CD5EA4967139B2C4FE7FDD9F74BC1BD91B4EDD3B191C439DBF8A4F1FD2BE10A711FF829F04AA37ED2DDD2CC0A5B96D7E33AA95F1C1DB4442709751B15965AC8ABE23377CAA44B8743B04A1D5EFA6E544B3A74BC8BDD', X'01FCD76A64FDDE06E9EF0C2711DF770323ED4931843976DC2430B455B12F9A949B1872BEE354601C562612C68E777C8023DE3676ED981DD93DEA7B4DA72F4E2A310CFA750991EDB2EA408DDAED608C585DB677EEE115B8D82C14');
INSERT INTO stored_response (id, workspace_id, previous_id, model, created_ms, body) VALUES ('resp_e76375a297cd0cfdf7bae2a23e0f8349', 'ws_f3b367a01d5d2ca5bff4', '', 'base', 1792540140879, X'01FCD76A647657732C98DAE4EBF9E3611A74D1C872BD12E2600ECC50CA4201242080C034264A61780EAFA49528C3CEBBFDF9BB9198CEDF05622B3B687B205571922977F13F674C10EEBC84992416B6AC720CA553C60D2CF7EF5950813D29208037460C31E4DCDA43DC44203932011E6986E7C8C04FC09639655F4EC2DE394AB94944556FA0595C0A20B35A3F478112A136226D4409323B85F225CC2A5BD3125CADA4EE878D6A67A9822310AA1C9D9D37D93342A40D8BEBF570713DB96BE414BD84620C15E8E9B1577C7C7834814940430F7AC36D6223D87230F1DF5BB13D86BF54BA13B00443FB3CBC250EF4A91B2A3ED12B635875906B39561C52FD2C287488492F17B02A5F1C7CE3CA9C282E62D5BD6E2EA416B2DF2DC6153E16189CF3F55CD8A328A8F449A9B056044606BF40010605D7F900565743BCA3EDAB3F95115C6C94D15DD3D768A81A6D28D157D6C89D7F351D750ED8FF502DEAE11A138D6ED36DAA71A9A77B2CD4A22C50F3459FC802C375ED5649F44FCD6537D12DE45B664BC39A00515CFC80456295965D0FD578504DEDAE6D9A738992C9DF674D44A596F1956BB17CFFBFD41914FE7A5696B44DD1476A02CE2148DBBCBD1C8281A9580E4339FCC7FDF9C46C6FD1C1DE31F6222CF1F385A33432CEA89286B83521095650786F7B2B625A6A7029F30917E27D9C7023754EB9110201EC95E6FC82F57D6BE1D3EB64FDD9E9DF40B984864BE8AE0D767005E69AD1A86966A183FA0E46E48C6AADFDBB0C967D6242B3232D314BAB17A15FEA0F5D15BDC5BE99571A5C02CB6345028E49D790906FBD2FEA62B52A2C7D9A437D25F81B547D05C3D1A1F01C674CBC1988BB06C6220D39B1AFE46687B215B52AD2B81E0A60F8EEF1C169DB101220E300C938A2E6953DDDB66119256A2DFC6B964482237893FEB8ACC25366F93E947CE69EE8A9B7E719176687327E04C027B6D901185E40F12CF2F7B070141730E36852A541B6565A27685A254BAF34EC337B4AC7772292E3922F850E6DD3F02C4B33AF0011754E6BCC3CEFF63427B3ABE00A99069683386015E6A43439A527E301F0082FCF0311DCF3DC5AA7B5B6B41EAC2F07E57B07E87FA7C7126ECCFEDBD0F9621D5FDB43EEE1B6B67C7D21AFB10990DA06C1FD540F995E7EE15C4EB2C8A9157F18A83FCCCE31CE407EEF784FC08717BA8524A3B44FD89CCE61CF8BB86D62B6BF2C0E669DCE2F7522B24C0E761C7D8B9DD546A213CC0AD88A963117F9136D8638E876E8EA684EF85A0DA3ACA4C930DE83AEAB97F34E1BBA41E218D5E1B6953BC3E89116B8A62149C1DE1BDEC6D1FB2AFECF680A3EF0AC25B79D2B6C6B6883F29BCE5E09EC0B681CE3C1EA484A113CA446FFC4C6CA69C78A4E0979FE56B8E3EFFAED854DFBB6011EFFF18AB878B12C5E6CD783A9FB1D33DE0ACEDA2430A7B8CD6D7A3113C6EA238FC78DDA2ACC0884FA6BA43E');
INSERT INTO conversation (id, workspace_id, created_ms, touched_ms, metadata) VALUES ('conv_ecc7ef3d6e47383e32683279b9175a81', 'ws_f3b367a01d5d2ca5bff4', 1792540140876, 1792540140876, '{}');
INSERT INTO conversation_item (conversation_id, number, id, body) VALUES ('conv_ecc7ef3d6e47383e32683279b9175a81', 1, 'msg_ad56b07fdb9ce5dd2452571di0', X'01FCD76A64063AF45EB82B37FBD55457709C7B6ABD2AA1991C35433A833E07C4D23A2D679DA10142DF8EE9BB1AAA676B942FC5DA66853B342D42CB84181A801AA3879CA97E8FA933FC246DA1CD54FCA320FDAFE03B8FC08EC25D42870D28AA37673A2C1C2ADAEB72D1B41B00AD1EF2052D8CAB8A9C08C8193D69D8D6285024829D1A83D6D60B8B026FEE7ACE66E982CE55AC304393F191711785E613C5A207136C41D8A4791BB184D8D4844626');
