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
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (1, '0001_people', '0d7940ba83d2c315b636bb9b2f8787e046842c500d37017d7069ffd78358e1f4', 1792531741);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (2, '0002_ledger', 'bbcfcbc2feaae07f7ed6a12e244af401daad3aea25295c48456a78f1512e65f5', 1792531741);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (3, '0003_limits', 'e071a7242bef54eaacd95334b643d3e8a9473cae01f1c457620f1b63a474a1a0', 1792531741);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (4, '0004_billing', '467f759951bbe2336481b6e9c4d80915b18a324f891a1ccff5d9c8eb75e6593e', 1792531741);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_e37dd47da476c12afd46', 'Default', 'CNY', 'postpaid', 1000000000000000, '', 0, '', '', '', 'active', 1792531741412);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_d5157101f7b4bc9b14a4', 'shop', 'CNY', 'prepaid', 0, 'VAT', 60000, '', '', '', 'active', 1792531741425);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_e9c4061989d00eff9000', 'maps', 'CNY', 'prepaid', 0, '', 0, '', '', '', 'active', 1792531741573);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_d3e1d2e034682b0987f6', 'acc_e37dd47da476c12afd46', 'Default', 'active', 1, 0, 0, 0, 30, 0, 0, 1792531741412);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', 'shop', 'active', 1, 0, 0, 0, 30, 0, 0, 1792531741425);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_90d38fa291abd8edcd12', 'acc_e9c4061989d00eff9000', 'maps', 'active', 1, 0, 0, 0, 30, 0, 0, 1792531741574);
INSERT INTO person (id, email, name, is_operator, status, created_ms, password_hash, totp_secret, totp_confirmed, totp_last_step) VALUES ('usr_ec2724ef28e678e48313', NULL, 'Owner', 1, 'active', 1792531741412, NULL, NULL, 0, 0);
INSERT INTO person (id, email, name, is_operator, status, created_ms, password_hash, totp_secret, totp_confirmed, totp_last_step) VALUES ('usr_290033f3b511392c0cde', 'li@shop.test', 'Li', 0, 'active', 1792531741435, '$argon2id$v=19$m=65536,t=2,p=1$XHd48D4FknhwjDBm7vOicQ$ofm1u+QFruPsvJcH7h3bmtDvrZ86bnkrpItQeKwqhIM', X'31F7209FF58CD0B2F164D27523537D7781AAA189AF7049AA78AFFF98AFDDCEA15C1DDDBF8C1FC6E86F63C8ABCCCCD3BB3626DB045BA80C277D6AB11C', 0, 0);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_d3e1d2e034682b0987f6', 'usr_ec2724ef28e678e48313', 'owner', 1792531741412);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_0fcb1feaf9885c4c8fbe', 'usr_ec2724ef28e678e48313', 'owner', 1792531741425);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_0fcb1feaf9885c4c8fbe', 'usr_290033f3b511392c0cde', 'billing', 1792531741436);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_90d38fa291abd8edcd12', 'usr_ec2724ef28e678e48313', 'owner', 1792531741574);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms) VALUES ('key_3bf60a901e65a859d7b4', 'ws_d3e1d2e034682b0987f6', 'usr_ec2724ef28e678e48313', 'first', 'sk-b579', X'3FB2D129140A19CFBD78AADE527923AC5E75827B7D6A0FD9FB927803B40FFC89', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792531741414, 0, 0);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms) VALUES ('key_91caaa4a504291a186ba', 'ws_0fcb1feaf9885c4c8fbe', 'usr_ec2724ef28e678e48313', 'web', 'sk-8c83', X'4E22C87015532788A0C4F14F10BD4862BC93492B358F3F8B29212B8BC0126F81', '{"models":["base","adapter"],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792531741432, 0, 0);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms) VALUES ('key_cba764139f0797bebd8f', 'ws_0fcb1feaf9885c4c8fbe', 'usr_ec2724ef28e678e48313', 'old', 'sk-b80b', X'A0B11C267FE84227E94DBE19D095A9C823211E051D32227DD4379E561538EF96', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792531741433, 0, 1792531741626);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms) VALUES ('key_40824ed35104963c0dcd', 'ws_0fcb1feaf9885c4c8fbe', 'usr_ec2724ef28e678e48313', 'slow', 'sk-1254', X'E768910C7AA052562AC138851C80766EE56A8C34C25EFE8893E4A28BBAFDFB4C', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1795382943206, 0, 0);
INSERT INTO console_session (id, token_hash, person_id, method, ip, user_agent, created_ms, seen_ms, expires_ms) VALUES ('ses_9606ae123df1b753434f', X'1B92647AAABA48291D298EBE20959130C78D36FD981662A2EFD3B5BE983BFD6D', 'usr_290033f3b511392c0cde', 'link', '127.0.0.1', '', 1792531741437, 1792531741437, 1792574941437);
INSERT INTO sign_in_link (token_hash, person_id, expires_ms) VALUES (X'8102B90C3D7D454A1E4EE0CB75E7B54FC20BF441C2EE1BB37778D0AEF9304772', 'usr_ec2724ef28e678e48313', 1792618141414);
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (1, 1792531741413, '', '', '', 'cloud.create', 'ws_d3e1d2e034682b0987f6', 'ws_d3e1d2e034682b0987f6', 'acc_e37dd47da476c12afd46', '{}', '10ba82cc4db9136270da30c68664ff47fc66e82398c3f623192dcac6193e64cf');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (2, 1792531741414, '', '', '', 'account.update', 'acc_e37dd47da476c12afd46', '', 'acc_e37dd47da476c12afd46', '{"billing":["prepaid","postpaid"],"credit_limit_micro":[0,1000000000000000]}', 'ee8bd1a5e370dcc035c366d5ff35b98ee89bf3f7939608cb9dee80ebc586620d');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (3, 1792531741414, '', '', '', 'link.create', 'usr_ec2724ef28e678e48313', '', '', '{}', 'e852c49d0c0e465a56d8699311892f85106173a52ab1094c803a24371b19f9c6');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (4, 1792531741414, '', '', '', 'key.create', 'key_3bf60a901e65a859d7b4', 'ws_d3e1d2e034682b0987f6', 'acc_e37dd47da476c12afd46', '{"name":"first","person":"usr_ec2724ef28e678e48313","hint":"sk-b579","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', 'd145b8225ef9ee868c09df0d21ee8ad8ea0370ee0ab87333974676dfe8c1698a');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (5, 1792531741421, '', 'local', '127.0.0.1', 'price.load', 'before', '', '', '{"toml":"version = \"before\"\n[[price]]\nmodel = \"*\"\ncurrency = \"CNY\"\nfrom = \"2020-01-01\"\ninput = 1_000_000_000\noutput = 10_000_000_000\n[[free]]\nid = \"welcome\"\nmodel = \"adapter\"\ntokens = 5\nfrom = \"2020-01-01\"\n"}', '89f706356d5872707b06f14ddf1c34e140f4aec388ae6822682200599f772709');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (6, 1792531741423, '', 'local', '127.0.0.1', 'billing.change', '', '', '', '{"seller_name":"Cloud Ltd","number_prefix":"CL","cost_currency":"CNY","cpu_hour_micro":1000000}', '3d0917898d3648993dcdac361da727171cf88ea97ff319243ba5767dcb50f1cd');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (7, 1792531741425, '', 'local', '127.0.0.1', 'account.create', 'acc_d5157101f7b4bc9b14a4', '', 'acc_d5157101f7b4bc9b14a4', '{"name":"shop","currency":"CNY","billing":"prepaid","credit_limit_micro":0,"tax_name":"","tax_ppm":0,"tax_number":"","address":"","email":"","status":"active"}', 'a9a621e10ac3593b1fb085088c34fa1cfdb0c56d6273e0edfabb66b290eef8d5');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (8, 1792531741425, '', 'local', '127.0.0.1', 'workspace.create', 'ws_0fcb1feaf9885c4c8fbe', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"name":"shop","status":"active","weight":1,"priority":0,"share_prefix":false,"store_prompts":false,"retention_days":30,"discount_ppm":0,"sandbox":false,"owner":"usr_ec2724ef28e678e48313"}', '5fc4db1671204f53a4286a9e430dcbd4a14666be933352ab7eb96dcf06ade636');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (9, 1792531741427, '', 'local', '127.0.0.1', 'money.top_up', '1', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"amount_micro":50000000,"note":"Überweisung 17; ''in quotes''","workspace_id":"ws_0fcb1feaf9885c4c8fbe"}', 'eac6076fd37a1ce9176469b581dc1bd46a4cc9c40a837401ac1c179f0225ec85');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (10, 1792531741428, '', 'local', '127.0.0.1', 'money.adjust', '2', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"amount_micro":1000000,"kind":"promotion","note":"welcome","workspace_id":"ws_0fcb1feaf9885c4c8fbe"}', '438d2d823c7a5e4cbf20c68626f70e692804b940740b6c9e32899c54cb50ab78');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (11, 1792531741430, '', 'local', '127.0.0.1', 'account.update', 'acc_d5157101f7b4bc9b14a4', '', 'acc_d5157101f7b4bc9b14a4', '{"tax_name":["","VAT"],"tax_ppm":[0,60000]}', '4985e9f6ffad04c28d304a8035a023b821f449f299a0f5f78069f801f381cfe4');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (12, 1792531741431, '', 'local', '127.0.0.1', 'limit.set', 'ws_0fcb1feaf9885c4c8fbe', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"requests_per_minute":6000,"tokens_per_minute":0,"workspace_id":"ws_0fcb1feaf9885c4c8fbe"}', '195ed16579472fba298a04d281695582817e69a7eba1d727433bff3b0fa7d0dd');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (13, 1792531741432, '', 'local', '127.0.0.1', 'key.create', 'key_91caaa4a504291a186ba', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"name":"web","person":"usr_ec2724ef28e678e48313","hint":"sk-8c83","scopes":{"models":["base","adapter"],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '6f674dc9a119a0b50f24a9993db0c535c7d3d8c329da0961551b6a382c5602c1');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (14, 1792531741432, '', 'local', '127.0.0.1', 'key.create', 'key_91caaa4a504291a186ba', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"name":"web","limits":{"requests_per_minute":6000},"models":["base","adapter"],"workspace_id":"ws_0fcb1feaf9885c4c8fbe"}', 'e27b4ea295be19897d04c289959c9cfc2cecd911fba7db6069998617563b6cde');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (15, 1792531741433, '', 'local', '127.0.0.1', 'key.create', 'key_cba764139f0797bebd8f', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"name":"old","person":"usr_ec2724ef28e678e48313","hint":"sk-b80b","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '8e26c27d445214ea5be8ddcdb5697ceeaf85dd70788d37647d24d446212ec1ef');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (16, 1792531741433, '', 'local', '127.0.0.1', 'key.create', 'key_cba764139f0797bebd8f', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"name":"old","workspace_id":"ws_0fcb1feaf9885c4c8fbe"}', '0d20f51288d205d38935edc56793067804a1abfe5ba8805bcf8535fdc0eda49f');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (17, 1792531741435, '', 'local', '127.0.0.1', 'budget.create', 'bud_9023573f66c94625b10b62f9', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"amount_micro":10000,"period":"total","hard":false,"alerts_percent":["50"],"webhook_secret":"(secret)","workspace_id":"ws_0fcb1feaf9885c4c8fbe"}', '9b863cd4f4a9b913b55fc03af53264af0cc084f3e579fe88de6f5a704da6ca27');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (18, 1792531741436, '', 'local', '127.0.0.1', 'person.create', 'usr_290033f3b511392c0cde', '', '', '{"email":"li@shop.test","name":"Li","operator":false,"status":"active"}', 'ae2c2691355df740fd842075cbb8a10cc302cc60cdef0fbc45beb3d095c9e5d1');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (19, 1792531741436, '', 'local', '127.0.0.1', 'link.create', 'usr_290033f3b511392c0cde', '', '', '{}', '66641a720967c75b91e35d6cf0ea18563e93083f3e916ae8776a0cdeeec3cef9');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (20, 1792531741436, '', 'local', '127.0.0.1', 'member.set', 'usr_290033f3b511392c0cde', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"role":[null,"billing"]}', 'b7794d91ad67665afbf4c1e216b063433fdd6a73a8080bcc01d1397d451f7f8a');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (21, 1792531741437, 'usr_290033f3b511392c0cde', '', '127.0.0.1', 'session.begin', 'usr_290033f3b511392c0cde', '', '', '{"method":"link"}', 'a80e3a1670e403fc356d13d3bbf7affbd0121ac6bb6340a8269a9d2f401e959e');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (22, 1792531741568, 'usr_290033f3b511392c0cde', '', '127.0.0.1', 'password.set', 'usr_290033f3b511392c0cde', '', '', '{}', '8c52e84572197011c3abddca9209eafad522869672ba7ef5716f29767a1aa43b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (23, 1792531741571, 'usr_290033f3b511392c0cde', '', '127.0.0.1', 'totp.begin', 'usr_290033f3b511392c0cde', '', '', '{}', '31feeb1e95ba31984e13ac0611e6d32e93af9e8716a9d85d990e16e785e945dc');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (24, 1792531741574, '', 'local', '127.0.0.1', 'account.create', 'acc_e9c4061989d00eff9000', '', 'acc_e9c4061989d00eff9000', '{"name":"maps","currency":"CNY","billing":"prepaid","credit_limit_micro":0,"tax_name":"","tax_ppm":0,"tax_number":"","address":"","email":"","status":"active"}', 'ad4efae0411560fabfef0e506ea0dcaf215b0b675a85da46919a7266975191fd');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (25, 1792531741574, '', 'local', '127.0.0.1', 'workspace.create', 'ws_90d38fa291abd8edcd12', 'ws_90d38fa291abd8edcd12', 'acc_e9c4061989d00eff9000', '{"name":"maps","status":"active","weight":1,"priority":0,"share_prefix":false,"store_prompts":false,"retention_days":30,"discount_ppm":0,"sandbox":false,"owner":"usr_ec2724ef28e678e48313"}', '2d6a66da2e9793bccc7c510366954ad87827bcf889439f286e9592958f6220ec');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (26, 1792531741576, '', 'local', '127.0.0.1', 'partner.create', 'prt_6f90e82ce3b95d011eae', '', '', '{"name":"Maps Ltd","account_id":"acc_e9c4061989d00eff9000"}', 'f079b3e07f72357586a8cbdf0ff848428eaeff7196a86fa9525942f626a44a37');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (27, 1792531741577, '', 'local', '127.0.0.1', 'offering.create', 'off_db00144a99f36bfa6d44', '', 'acc_e9c4061989d00eff9000', '{"kind":"model","name":"adapter","share_ppm":300000,"partner_id":"prt_6f90e82ce3b95d011eae"}', '2e1ae7feb3cdaa75e350cf0ef5e462494da2f2193cdbd8d93cd13a864fe8486a');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (28, 1792531741578, '', 'local', '127.0.0.1', 'offering.submit', 'off_db00144a99f36bfa6d44', '', 'acc_e9c4061989d00eff9000', '{"offering_id":"off_db00144a99f36bfa6d44","partner_id":"prt_6f90e82ce3b95d011eae"}', '1d5d72517f4cecaee43833ee6c64de687e0ef1769aa11b0cdcfafc6500b077d2');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (29, 1792531741578, '', 'local', '127.0.0.1', 'offering.review', 'off_db00144a99f36bfa6d44', '', 'acc_e9c4061989d00eff9000', '{"list":true,"note":"good","offering_id":"off_db00144a99f36bfa6d44","partner_id":"prt_6f90e82ce3b95d011eae"}', 'e7b54560e3da7787fd29c1791304efa429123ad84f23d9952c7f17fef8cecc24');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (30, 1792531741627, '', 'local', '127.0.0.1', 'key.revoke', 'key_cba764139f0797bebd8f', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{}', '0d71e0cb27421c005856467288d00e1190a3a313e9ab2e76559ff9b3e9e389a1');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (31, 1795382943036, '', 'local', '127.0.0.1', 'invoice.issue', 'inv_1efb963a43d705879df7', '', 'acc_d5157101f7b4bc9b14a4', '{"month":"2026-10","account_id":"acc_d5157101f7b4bc9b14a4"}', '7508f85552d66cad4af7e8cc6a92b84e2ef23cd8b0745abd803ce8417eae9f95');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (32, 1795382943044, '', 'local', '127.0.0.1', 'invoice.credit', 'cn_9d400bcb5084dadb0650', '', 'acc_d5157101f7b4bc9b14a4', '{"line":1,"amount_micro":1000,"reason":"outage","account_id":"acc_d5157101f7b4bc9b14a4","invoice_id":"inv_1efb963a43d705879df7"}', 'fc69b54d9274d4bd4bc6a23f1a3205de1f3bbdfe37745cf1965c46c531738346');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (33, 1795382943045, '', 'local', '127.0.0.1', 'payout.create', 'pay_9b5c6e958ef8d56e67e0', '', 'acc_e9c4061989d00eff9000', '{"currency":"CNY","amount_micro":1000,"note":"first","partner_id":"prt_6f90e82ce3b95d011eae"}', '67f209597dc51c59504d29c0fc8c09382381e1a38bfa941e7c0ed04711bc676c');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (34, 1795382943127, '', 'local', '127.0.0.1', 'backup.create', 'backup-1795382943065.tar', '', '', '{}', 'b91c39c618d4152910c24329d3c6418fcd50443f717ffb064f622d8c4adc6993');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (35, 1795382943183, '', 'local', '127.0.0.1', 'backup.delete', 'backup-1795382943065.tar', '', '', '{"name":"backup-1795382943065.tar"}', 'e1b13850f150366a072fe0db7b2275d36fa76e9be8125c97452a98bf69de76d2');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (36, 1795382943206, '', 'local', '127.0.0.1', 'key.create', 'key_40824ed35104963c0dcd', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"name":"slow","person":"usr_ec2724ef28e678e48313","hint":"sk-1254","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '4447812e8fbba1bc02428f9cea88860784aaccd96977e414fcf0aa763a7142d0');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (37, 1795382943207, '', 'local', '127.0.0.1', 'key.create', 'key_40824ed35104963c0dcd', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', '{"name":"slow","workspace_id":"ws_0fcb1feaf9885c4c8fbe"}', '3c4d024f13edf82dfcd9169ab4cb637607ba68727b83801d9e34b56521675ae0');
INSERT INTO audit_head (one, id, hash) VALUES (1, 37, '3c4d024f13edf82dfcd9169ab4cb637607ba68727b83801d9e34b56521675ae0');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (1, 'top_up', 'admin:top_up:ws_0fcb1feaf9885c4c8fbe:2fb899d6c3fa3287c4427fee17edd8c3', '', 'ws_0fcb1feaf9885c4c8fbe', 1792531741427, 'Überweisung 17; ''in quotes''');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (2, 'promotion', 'admin:adjust:ws_0fcb1feaf9885c4c8fbe:cc290a4c11b58a57025326ed844ee123', '', 'ws_0fcb1feaf9885c4c8fbe', 1792531741428, 'welcome');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (3, 'settle', 'rcp_1a15b37bb8c7c08a6d620ba8', 'rcp_1a15b37bb8c7c08a6d620ba8', 'ws_0fcb1feaf9885c4c8fbe', 1792531741584, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (4, 'settle', 'rcp_1a15b37bb987328b19efbcba', 'rcp_1a15b37bb987328b19efbcba', 'ws_0fcb1feaf9885c4c8fbe', 1792531741596, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (5, 'settle', 'rcp_1a15b37bb9d8fc81667abd8e', 'rcp_1a15b37bb9d8fc81667abd8e', 'ws_0fcb1feaf9885c4c8fbe', 1792531741600, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (6, 'settle', 'rcp_1a15b37bba1947c5c6f14076', 'rcp_1a15b37bba1947c5c6f14076', 'ws_0fcb1feaf9885c4c8fbe', 1792531741605, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (7, 'settle', 'rcp_1a15b37bba6f7b1c8abe66ab', 'rcp_1a15b37bba6f7b1c8abe66ab', 'ws_0fcb1feaf9885c4c8fbe', 1792531741614, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (8, 'settle', 'rcp_1a15b37bbafee8ab1d070e7e', 'rcp_1a15b37bbafee8ab1d070e7e', 'ws_0fcb1feaf9885c4c8fbe', 1792531741618, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (9, 'settle', 'rcp_1a15b37bbb3225be1bf03177', 'rcp_1a15b37bbb3225be1bf03177', 'ws_0fcb1feaf9885c4c8fbe', 1792531741622, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (10, 'settle', 'rcp_1a15b37bbb7d76bf59466e24', 'rcp_1a15b37bbb7d76bf59466e24', 'ws_0fcb1feaf9885c4c8fbe', 1792531741626, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (11, 'credit_note', 'credit_note:cn_9d400bcb5084dadb0650', '', 'ws_0fcb1feaf9885c4c8fbe', 1795382943044, 'CL-CN-2026-000001: outage');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (12, 'pay_out', 'pay_out:pay_9b5c6e958ef8d56e67e0', '', '', 1795382943045, 'pay_9b5c6e958ef8d56e67e0: first');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (13, 'settle', 'rcp_1a205299d46852721a031d1e', 'rcp_1a205299d46852721a031d1e', 'ws_0fcb1feaf9885c4c8fbe', 1795382943049, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (14, 'hold', 'hold:rcp_1a205299de8d2723ee6d04cd', 'rcp_1a205299de8d2723ee6d04cd', 'ws_0fcb1feaf9885c4c8fbe', 1795382944219, '');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (1, 1, 'platform:cash', -50000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (1, 2, 'ws:ws_0fcb1feaf9885c4c8fbe:available', 50000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (2, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', 1000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (2, 2, 'platform:promotions', -1000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (3, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', -82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (3, 2, 'platform:revenue', 82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', -77000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 2, 'partner:prt_6f90e82ce3b95d011eae:payable', 23100, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 3, 'platform:revenue', 53900, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (5, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', -82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (5, 2, 'platform:revenue', 82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', -82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 2, 'partner:prt_6f90e82ce3b95d011eae:payable', 24600, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 3, 'platform:revenue', 57400, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (7, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', -82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (7, 2, 'platform:revenue', 82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', -82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 2, 'partner:prt_6f90e82ce3b95d011eae:payable', 24600, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 3, 'platform:revenue', 57400, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (9, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', -82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (9, 2, 'platform:revenue', 82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (10, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', -82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (10, 2, 'platform:revenue', 82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (11, 1, 'platform:credit_notes', -1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (11, 2, 'ws:ws_0fcb1feaf9885c4c8fbe:available', 1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (12, 1, 'partner:prt_6f90e82ce3b95d011eae:payable', -1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (12, 2, 'platform:cash', 1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (13, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', -82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (13, 2, 'platform:revenue', 82000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (14, 1, 'ws:ws_0fcb1feaf9885c4c8fbe:available', -40972000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (14, 2, 'ws:ws_0fcb1feaf9885c4c8fbe:reserved', 40972000, 'CNY');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:cash', 'CNY', -49999000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('ws:ws_0fcb1feaf9885c4c8fbe:available', 'CNY', 9296000, 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:promotions', 'CNY', -1000000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:revenue', 'CNY', 660700, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('partner:prt_6f90e82ce3b95d011eae:payable', 'CNY', 71300, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:credit_notes', 'CNY', -1000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('ws:ws_0fcb1feaf9885c4c8fbe:reserved', 'CNY', 40972000, 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4');
INSERT INTO ledger_hold (receipt_id, workspace_id, amount_micro, currency) VALUES ('rcp_1a205299de8d2723ee6d04cd', 'ws_0fcb1feaf9885c4c8fbe', 40972000, 'CNY');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b37bb8c7c08a6d620ba8', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', 'key_91caaa4a504291a186ba', 'base', '', '', 'req_22cbdfdcc33facc07abf7fd2', 1792531741580, 1792531741584, 0, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",7,0,10000000000,70000]]', 82000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b37bb987328b19efbcba', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', 'key_91caaa4a504291a186ba', 'adapter', '', 'prt_6f90e82ce3b95d011eae', 'req_ab13265f2d70940a7b38a38b', 1792531741592, 1792531741596, 0, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, '[["input",12,5,1000000000,7000],["output",7,0,10000000000,70000]]', 77000, 23100, 5, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b37bb9d8fc81667abd8e', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', 'key_91caaa4a504291a186ba', 'base', '', '', 'req_7f8396a038c6d284c8cdc50c', 1792531741597, 1792531741600, 0, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",7,0,10000000000,70000]]', 82000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b37bba1947c5c6f14076', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', 'key_91caaa4a504291a186ba', 'adapter', '', 'prt_6f90e82ce3b95d011eae', 'req_02e2d93fb8ebfd1bf266db07', 1792531741601, 1792531741605, 0, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",7,0,10000000000,70000]]', 82000, 24600, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b37bba6f7b1c8abe66ab', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', 'key_91caaa4a504291a186ba', 'base', '', '', 'req_ff73f975529b484b2bbba222', 1792531741606, 1792531741614, 0, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",7,0,10000000000,70000]]', 82000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b37bbafee8ab1d070e7e', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', 'key_91caaa4a504291a186ba', 'adapter', '', 'prt_6f90e82ce3b95d011eae', 'req_db9a357670fbcbe187fa3624', 1792531741615, 1792531741618, 0, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",7,0,10000000000,70000]]', 82000, 24600, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b37bbb3225be1bf03177', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', 'key_91caaa4a504291a186ba', 'base', '', '', 'req_2f493623ec89e77bb40b8070', 1792531741619, 1792531741622, 0, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",7,0,10000000000,70000]]', 82000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b37bbb7d76bf59466e24', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', 'key_cba764139f0797bebd8f', 'base', '', '', 'req_57266ff4ad72f027bf52670a', 1792531741623, 1792531741626, 0, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",7,0,10000000000,70000]]', 82000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a205299d46852721a031d1e', 'ws_0fcb1feaf9885c4c8fbe', 'acc_d5157101f7b4bc9b14a4', 'key_91caaa4a504291a186ba', 'base', '', '', 'req_55a16476cd0b04b50d3ec3f3', 1795382943046, 1795382943049, 0, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",7,0,10000000000,70000]]', 82000, 0, 0, 0, 'CNY', 'before');
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_0fcb1feaf9885c4c8fbe', 1792531740000, 'key_91caaa4a504291a186ba', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0, 328000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_0fcb1feaf9885c4c8fbe', 1792531740000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 410000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1792531740000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 410000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_0fcb1feaf9885c4c8fbe', 1792530000000, 'key_91caaa4a504291a186ba', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0, 328000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_0fcb1feaf9885c4c8fbe', 1792530000000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 410000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1792530000000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 410000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_0fcb1feaf9885c4c8fbe', 1792454400000, 'key_91caaa4a504291a186ba', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0, 328000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_0fcb1feaf9885c4c8fbe', 1792454400000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 410000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1792454400000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 410000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_0fcb1feaf9885c4c8fbe', 1790812800000, 'key_91caaa4a504291a186ba', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0, 328000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_0fcb1feaf9885c4c8fbe', 1790812800000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 410000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1790812800000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 410000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_0fcb1feaf9885c4c8fbe', 1792531740000, 'key_91caaa4a504291a186ba', 'adapter', '', 'prt_6f90e82ce3b95d011eae', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_0fcb1feaf9885c4c8fbe', 1792531740000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1792531740000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_0fcb1feaf9885c4c8fbe', 1792530000000, 'key_91caaa4a504291a186ba', 'adapter', '', 'prt_6f90e82ce3b95d011eae', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_0fcb1feaf9885c4c8fbe', 1792530000000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1792530000000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_0fcb1feaf9885c4c8fbe', 1792454400000, 'key_91caaa4a504291a186ba', 'adapter', '', 'prt_6f90e82ce3b95d011eae', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_0fcb1feaf9885c4c8fbe', 1792454400000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1792454400000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_0fcb1feaf9885c4c8fbe', 1790812800000, 'key_91caaa4a504291a186ba', 'adapter', '', 'prt_6f90e82ce3b95d011eae', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_0fcb1feaf9885c4c8fbe', 1790812800000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1790812800000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 21, 0, 0, 0, 0, 0, 0, 5, 241000, 72300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_0fcb1feaf9885c4c8fbe', 1792531740000, 'key_cba764139f0797bebd8f', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_0fcb1feaf9885c4c8fbe', 1792530000000, 'key_cba764139f0797bebd8f', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_0fcb1feaf9885c4c8fbe', 1792454400000, 'key_cba764139f0797bebd8f', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_0fcb1feaf9885c4c8fbe', 1790812800000, 'key_cba764139f0797bebd8f', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_0fcb1feaf9885c4c8fbe', 1795382940000, 'key_91caaa4a504291a186ba', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_0fcb1feaf9885c4c8fbe', 1795382940000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1795382940000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_0fcb1feaf9885c4c8fbe', 1795381200000, 'key_91caaa4a504291a186ba', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_0fcb1feaf9885c4c8fbe', 1795381200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1795381200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_0fcb1feaf9885c4c8fbe', 1795305600000, 'key_91caaa4a504291a186ba', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_0fcb1feaf9885c4c8fbe', 1795305600000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1795305600000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_0fcb1feaf9885c4c8fbe', 1793491200000, 'key_91caaa4a504291a186ba', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_0fcb1feaf9885c4c8fbe', 1793491200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1793491200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 82000, 0);
INSERT INTO free_use (workspace_id, free_id, model, used_units) VALUES ('ws_0fcb1feaf9885c4c8fbe', 'welcome', 'adapter', 5);
INSERT INTO price_book (version, loaded_ms, actor, toml) VALUES ('before', 1792531741420, 'local', 'version = "before"
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
INSERT INTO budget (id, workspace_id, scope, subject, period, amount_micro, hard, alerts_ppm, webhook_url, webhook_secret, created_ms) VALUES ('bud_9023573f66c94625b10b62f9', 'ws_0fcb1feaf9885c4c8fbe', 0, '', 2, 10000, 0, '500000', '', 'words', 1792531741434);
INSERT INTO budget_use (budget_id, period_start_ms, spent_micro) VALUES ('bud_9023573f66c94625b10b62f9', 0, 733000);
INSERT INTO budget_alert (id, budget_id, workspace_id, period_start_ms, threshold_ppm, spent_micro, amount_micro, created_ms, delivered_ms, attempts, last_error) VALUES ('alr_fc10428b674b6084a9c0b083', 'bud_9023573f66c94625b10b62f9', 'ws_0fcb1feaf9885c4c8fbe', 0, 500000, 82000, 10000, 1792531741584, 0, 0, '');
INSERT INTO idempotency_claim (claim, receipt_id, claimed_ms) VALUES ('a114b7a284681d9e1eb0bb3be42927ad', 'rcp_1a15b37bbb3225be1bf03177', 1792531741619);
INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_d5157101f7b4bc9b14a4', 'workspace', 'ws_0fcb1feaf9885c4c8fbe', '*', 6000, 0, 0, 0);
INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_d5157101f7b4bc9b14a4', 'key', 'key_91caaa4a504291a186ba', '*', 6000, 0, 0, 0);
INSERT INTO billing_settings (id, document) VALUES (1, '{"seller_name":"Cloud Ltd","seller_address":"","seller_tax_id":"","number_prefix":"CL","series_per_account":false,"tax_included":true,"due_days":30,"note":"","cost_currency":"CNY","cpu_hour_micro":1000000,"kwh_micro":0,"cpu_milliwatts":0}');
INSERT INTO number_series (name, last_number) VALUES ('CL-2026', 1);
INSERT INTO number_series (name, last_number) VALUES ('CL-CN-2026', 1);
INSERT INTO invoice (id, number, account_id, month, currency, issued_ms, due_ms, payable_micro, document, document_sha256) VALUES ('inv_1efb963a43d705879df7', 'CL-2026-000001', 'acc_d5157101f7b4bc9b14a4', '2026-10', 'CNY', 1795382943035, 0, 650000, '{"id":"inv_1efb963a43d705879df7","number":"CL-2026-000001","account_id":"acc_d5157101f7b4bc9b14a4","month":"2026-10","issued_ms":1795382943035,"due_ms":0,"seller":{"name":"Cloud Ltd","address":"","tax_id":""},"buyer":{"name":"shop","address":"","tax_id":""},"currency":"CNY","tax":{"name":"VAT","ppm":60000,"included":true},"lines":[{"number":1,"workspace_id":"ws_0fcb1feaf9885c4c8fbe","workspace":"shop","model":"adapter","kind":"input","units":36,"amount_micro":31000},{"number":2,"workspace_id":"ws_0fcb1feaf9885c4c8fbe","workspace":"shop","model":"adapter","kind":"output","units":21,"amount_micro":210000},{"number":3,"workspace_id":"ws_0fcb1feaf9885c4c8fbe","workspace":"shop","model":"base","kind":"input","units":60,"amount_micro":60000},{"number":4,"workspace_id":"ws_0fcb1feaf9885c4c8fbe","workspace":"shop","model":"base","kind":"output","units":35,"amount_micro":350000}],"charges_micro":651000,"tax_micro":36849,"total_micro":651000,"rounding_micro":-1000,"payable_micro":650000,"payable":"0.65","note":""}', 'c2d7c758f10b15c640fadaa892f57f792816e8c32d301dc71abb4d9a46c08828');
INSERT INTO credit_note (id, number, idempotency_key, invoice_id, line, currency, amount_micro, total_micro, issued_ms, posted, document) VALUES ('cn_9d400bcb5084dadb0650', 'CL-CN-2026-000001', 'admin:credit:inv_1efb963a43d705879df7:8fd92fa2f5ef000efc4333911d8f5b0f', 'inv_1efb963a43d705879df7', 1, 'CNY', 1000, 1000, 1795382943043, 1, '{"id":"cn_9d400bcb5084dadb0650","number":"CL-CN-2026-000001","invoice_id":"inv_1efb963a43d705879df7","invoice_number":"CL-2026-000001","account_id":"acc_d5157101f7b4bc9b14a4","line":1,"workspace_id":"ws_0fcb1feaf9885c4c8fbe","currency":"CNY","amount_micro":1000,"tax_micro":57,"total_micro":1000,"reason":"outage","issued_ms":1795382943043}');
INSERT INTO partner (id, name, account_id, sandbox_workspace_id, status, created_ms) VALUES ('prt_6f90e82ce3b95d011eae', 'Maps Ltd', 'acc_e9c4061989d00eff9000', '', 'active', 1792531741575);
INSERT INTO offering (id, partner_id, kind, name, title, share_ppm, state, review_note, reviewed_by, created_ms, changed_ms) VALUES ('off_db00144a99f36bfa6d44', 'prt_6f90e82ce3b95d011eae', 'model', 'adapter', '', 300000, 'listed', 'good', 'local', 1792531741576, 1792531741578);
INSERT INTO payout (id, idempotency_key, partner_id, currency, amount_micro, note, paid_ms, posted) VALUES ('pay_9b5c6e958ef8d56e67e0', 'admin:pay_out:prt_6f90e82ce3b95d011eae:f65bd724a5e48875dba3309897cb01e8', 'prt_6f90e82ce3b95d011eae', 'CNY', 1000, 'first', 1795382943045, 1);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_0fcb1feaf9885c4c8fbe', 1790812800000, 'base', 0, 'CNY', 60, 60000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_0fcb1feaf9885c4c8fbe', 1790812800000, 'base', 3, 'CNY', 35, 350000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_0fcb1feaf9885c4c8fbe', 1790812800000, 'adapter', 0, 'CNY', 36, 31000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_0fcb1feaf9885c4c8fbe', 1790812800000, 'adapter', 3, 'CNY', 21, 210000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_0fcb1feaf9885c4c8fbe', 1793491200000, 'base', 0, 'CNY', 12, 12000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_0fcb1feaf9885c4c8fbe', 1793491200000, 'base', 3, 'CNY', 7, 70000);
