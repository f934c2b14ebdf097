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
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (1, '0001_people', '0d7940ba83d2c315b636bb9b2f8787e046842c500d37017d7069ffd78358e1f4', 1792534067);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (2, '0002_ledger', 'bbcfcbc2feaae07f7ed6a12e244af401daad3aea25295c48456a78f1512e65f5', 1792534067);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (3, '0003_limits', 'e071a7242bef54eaacd95334b643d3e8a9473cae01f1c457620f1b63a474a1a0', 1792534067);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (4, '0004_billing', '467f759951bbe2336481b6e9c4d80915b18a324f891a1ccff5d9c8eb75e6593e', 1792534067);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (5, '0005_rotation', '4d11899bf33e4596360366f6a6b85da96c3576d1742fb7bc27d07e953c450939', 1792534067);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_58d999db89cdeb86d3ed', 'Default', 'CNY', 'postpaid', 1000000000000000, '', 0, '', '', '', 'active', 1792534067107);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_d3b5e959c5a887d019a4', 'shop', 'CNY', 'prepaid', 0, 'VAT', 60000, '', '', '', 'active', 1792534067137);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_e6c075135b921e429b8c', 'maps', 'CNY', 'prepaid', 0, '', 0, '', '', '', 'active', 1792534067316);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_a23c5812feea7b6c45f1', 'acc_58d999db89cdeb86d3ed', 'Default', 'active', 1, 0, 0, 0, 30, 0, 0, 1792534067107);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', 'shop', 'active', 1, 0, 0, 0, 30, 0, 0, 1792534067139);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_9c715390a75cbb9b2788', 'acc_e6c075135b921e429b8c', 'maps', 'active', 1, 0, 0, 0, 30, 0, 0, 1792534067317);
INSERT INTO person (id, email, name, is_operator, status, created_ms, password_hash, totp_secret, totp_confirmed, totp_last_step) VALUES ('usr_d6859fdd22ba2ce0ce08', NULL, 'Owner', 1, 'active', 1792534067107, NULL, NULL, 0, 0);
INSERT INTO person (id, email, name, is_operator, status, created_ms, password_hash, totp_secret, totp_confirmed, totp_last_step) VALUES ('usr_d1a4e974628d388f54df', 'li@shop.test', 'Li', 0, 'active', 1792534067175, '$argon2id$v=19$m=65536,t=2,p=1$PpEPX29xLvwaG3/YutUj0w$8wR2+j3iQEDfE0ihszzSFU6k1J1iypAXnUalkTsNdvc', X'F63E1462CE6E5ACA7F3934933A3631C6E7C9CE35B225010611B2556ED5D535912D57CE6A14A7FA29E55A54B64A274FD62B475028D30E3A9865E2CD48', 0, 0);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_a23c5812feea7b6c45f1', 'usr_d6859fdd22ba2ce0ce08', 'owner', 1792534067107);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_74e8241524c04cc82c8c', 'usr_d6859fdd22ba2ce0ce08', 'owner', 1792534067139);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_74e8241524c04cc82c8c', 'usr_d1a4e974628d388f54df', 'billing', 1792534067187);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_9c715390a75cbb9b2788', 'usr_d6859fdd22ba2ce0ce08', 'owner', 1792534067317);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_c5a1a9846b7e625567f3', 'ws_a23c5812feea7b6c45f1', 'usr_d6859fdd22ba2ce0ce08', 'first', 'sk-ad1d', X'BE226AE02F0B1C5B35F82733C4183A778C85FC607F9A7306B4BD1E4055E07F90', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792534067108, 0, 0, NULL, 0);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_6f3ab660790a60c2d594', 'ws_74e8241524c04cc82c8c', 'usr_d6859fdd22ba2ce0ce08', 'web', 'sk-eb0b', X'CC0B75EDD00B70A425589978BD495BD6DCD78231CF33599C9FCEB174B0700BD2', '{"models":["base","adapter"],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792534067164, 0, 0, X'811F9494F60C996E6BC0D0C002C332A2760A478EE4C404FE2057B8E539E58ADF', 1792620467165);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_8c404c5441a09a24a914', 'ws_74e8241524c04cc82c8c', 'usr_d6859fdd22ba2ce0ce08', 'old', 'sk-7ec5', X'8C3EA80D5F47C82EC26F98A01613EEFD21E43437364B2776175E499FDB9E980D', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792534067165, 0, 1792534067460, NULL, 0);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_ab1edc77c49c74769b0e', 'ws_74e8241524c04cc82c8c', 'usr_d6859fdd22ba2ce0ce08', 'slow', 'sk-d3a1', X'A012969E446F034131E55B59547F5C4A0E56286E95FF0187FBB6EECBB498145D', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1795385269366, 0, 0, NULL, 0);
INSERT INTO console_session (id, token_hash, person_id, method, ip, user_agent, created_ms, seen_ms, expires_ms) VALUES ('ses_81f3111c803b09784af3', X'F9D3E74D63A4EF7204990C32268F4CF8548A17D7ACB98A7179B1C4C84E42DDB1', 'usr_d1a4e974628d388f54df', 'link', '127.0.0.1', '', 1792534067188, 1792534067188, 1792577267188);
INSERT INTO sign_in_link (token_hash, person_id, expires_ms) VALUES (X'2E5D0F4AF29EF78BBDA764CA83FE96913BB1589F9D02CB375BE3B00C6BAE3361', 'usr_d6859fdd22ba2ce0ce08', 1792620467108);
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (1, 1792534067108, '', '', '', 'cloud.create', 'ws_a23c5812feea7b6c45f1', 'ws_a23c5812feea7b6c45f1', 'acc_58d999db89cdeb86d3ed', '{}', '9aa98e47ed63869511398efe615253c65ed8deb1baf4d47f605a58cd3647d99a');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (2, 1792534067108, '', '', '', 'account.update', 'acc_58d999db89cdeb86d3ed', '', 'acc_58d999db89cdeb86d3ed', '{"billing":["prepaid","postpaid"],"credit_limit_micro":[0,1000000000000000]}', 'be6f07041d21a55cbf92e4248775be1c77eae9623bf688366cf39e9b39b2c920');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (3, 1792534067108, '', '', '', 'link.create', 'usr_d6859fdd22ba2ce0ce08', '', '', '{}', '97e1c3144ac77985a3307eefbecb14fbff680a1555750881f5f30d74cb54778a');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (4, 1792534067108, '', '', '', 'key.create', 'key_c5a1a9846b7e625567f3', 'ws_a23c5812feea7b6c45f1', 'acc_58d999db89cdeb86d3ed', '{"name":"first","person":"usr_d6859fdd22ba2ce0ce08","hint":"sk-ad1d","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '1f19ed9eb2dcaf2b7b3ac3477c331ab8854857c3a651d9b15fab747d2003775a');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (5, 1792534067135, '', 'local', '127.0.0.1', 'price.load', 'before', '', '', '{"toml":"version = \"before\"\n[[price]]\nmodel = \"*\"\ncurrency = \"CNY\"\nfrom = \"2020-01-01\"\ninput = 1_000_000_000\noutput = 10_000_000_000\n[[free]]\nid = \"welcome\"\nmodel = \"adapter\"\ntokens = 5\nfrom = \"2020-01-01\"\n"}', '7925823fd4b5e617e162d02a45936ae0c1adbd0c116d0eae1748e9bcc9c606c3');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (6, 1792534067136, '', 'local', '127.0.0.1', 'billing.change', '', '', '', '{"seller_name":"Cloud Ltd","number_prefix":"CL","cost_currency":"CNY","cpu_hour_micro":1000000}', 'e87b8085d7cd24e19829fe082da82de5f587e25efd8f20baec03e86900993da3');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (7, 1792534067139, '', 'local', '127.0.0.1', 'account.create', 'acc_d3b5e959c5a887d019a4', '', 'acc_d3b5e959c5a887d019a4', '{"name":"shop","currency":"CNY","billing":"prepaid","credit_limit_micro":0,"tax_name":"","tax_ppm":0,"tax_number":"","address":"","email":"","status":"active"}', 'eb3d83b5234b8da568acf9e74f97701dab5e27a9ae14e975989725ffba1193aa');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (8, 1792534067139, '', 'local', '127.0.0.1', 'workspace.create', 'ws_74e8241524c04cc82c8c', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"name":"shop","status":"active","weight":1,"priority":0,"share_prefix":false,"store_prompts":false,"retention_days":30,"discount_ppm":0,"sandbox":false,"owner":"usr_d6859fdd22ba2ce0ce08"}', '76812fa6e278608590752c73e34ee9565a851fdc27d5e35c4897abfb91e1aac5');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (9, 1792534067151, '', 'local', '127.0.0.1', 'money.top_up', '1', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"amount_micro":50000000,"note":"Überweisung 17; ''in quotes''","workspace_id":"ws_74e8241524c04cc82c8c"}', '50c51bfac8e74699526f04bf73e5384826d4e4386904607f5c271bd9f2f1795d');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (10, 1792534067155, '', 'local', '127.0.0.1', 'money.adjust', '2', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"amount_micro":1000000,"kind":"promotion","note":"welcome","workspace_id":"ws_74e8241524c04cc82c8c"}', 'b22e8af3c6c4fd2433f3fa422a97aaf0bb626f3994e1242fc526e6b4fa1507a0');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (11, 1792534067159, '', 'local', '127.0.0.1', 'account.update', 'acc_d3b5e959c5a887d019a4', '', 'acc_d3b5e959c5a887d019a4', '{"tax_name":["","VAT"],"tax_ppm":[0,60000]}', '4f163e7beeca31ceae58eaa8a5dcbfddf380acb9d31a69801cbf612cf1a3d81b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (12, 1792534067163, '', 'local', '127.0.0.1', 'limit.set', 'ws_74e8241524c04cc82c8c', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"requests_per_minute":6000,"tokens_per_minute":0,"workspace_id":"ws_74e8241524c04cc82c8c"}', '65e64af576fc16b6c154f7dc8b90a73fd827f02dbd2d81a2592ee0002e827d79');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (13, 1792534067164, '', 'local', '127.0.0.1', 'key.create', 'key_6f3ab660790a60c2d594', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"name":"web","person":"usr_d6859fdd22ba2ce0ce08","hint":"sk-306e","scopes":{"models":["base","adapter"],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '96e97d70a120c6e7055ccb7caa612a2baae0ae60aee4f53a60f351590093af68');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (14, 1792534067164, '', 'local', '127.0.0.1', 'key.create', 'key_6f3ab660790a60c2d594', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"name":"web","limits":{"requests_per_minute":6000},"models":["base","adapter"],"workspace_id":"ws_74e8241524c04cc82c8c"}', '1165b9d13e94aae43e86bd233fa0ac06374bfaaf4c4aff7ba828de696d8b5364');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (15, 1792534067165, '', 'local', '127.0.0.1', 'key.create', 'key_8c404c5441a09a24a914', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"name":"old","person":"usr_d6859fdd22ba2ce0ce08","hint":"sk-7ec5","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '09c7284a56ecdd5ff4a88e75c99c80a528cd0b75f6a44d3e63d8f28e4e3d5fc2');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (16, 1792534067165, '', 'local', '127.0.0.1', 'key.create', 'key_8c404c5441a09a24a914', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"name":"old","workspace_id":"ws_74e8241524c04cc82c8c"}', 'c67f553e43e3adde7f98cb8524a8c49c19f737ad148a4ea174f5367f7e371ec5');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (17, 1792534067165, '', 'local', '127.0.0.1', 'key.rotate', 'key_6f3ab660790a60c2d594', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"overlap_ms":86400000}', 'bc73813c7877565e470a6a702913d4b17fffede9ec8e787064851168a67eadbc');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (18, 1792534067171, '', 'local', '127.0.0.1', 'budget.create', 'bud_4cbfbf4f4c8906e8c0cbc7c3', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"amount_micro":10000,"period":"total","hard":false,"alerts_percent":["50"],"webhook_secret":"(secret)","workspace_id":"ws_74e8241524c04cc82c8c"}', '74debd68dcc677f070846282297c764334fbfd0e95871ea30a1d0c50619e1e02');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (19, 1792534067179, '', 'local', '127.0.0.1', 'person.create', 'usr_d1a4e974628d388f54df', '', '', '{"email":"li@shop.test","name":"Li","operator":false,"status":"active"}', '074e79a732a50cc29a153e0768a13f475462a658f25920d60cee6cc54ba699b0');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (20, 1792534067187, '', 'local', '127.0.0.1', 'link.create', 'usr_d1a4e974628d388f54df', '', '', '{}', '76291bd1131c74cbab240028eb6f8e3a477b01f29b91e49a24499ff3e83de3c7');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (21, 1792534067187, '', 'local', '127.0.0.1', 'member.set', 'usr_d1a4e974628d388f54df', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"role":[null,"billing"]}', '4d7c895d384ecebc1333fdde274735f3e42d920a1320896fe1cc378f06c2388f');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (22, 1792534067188, 'usr_d1a4e974628d388f54df', '', '127.0.0.1', 'session.begin', 'usr_d1a4e974628d388f54df', '', '', '{"method":"link"}', 'b7673186b02074e834c9622a7a5ec90be09126523d00ac797ad87c0885980bf1');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (23, 1792534067315, 'usr_d1a4e974628d388f54df', '', '127.0.0.1', 'password.set', 'usr_d1a4e974628d388f54df', '', '', '{}', '8fb203e7e84852d3cb08f205f620b5e901bb1628422db7e9627955b698a6425c');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (24, 1792534067316, 'usr_d1a4e974628d388f54df', '', '127.0.0.1', 'totp.begin', 'usr_d1a4e974628d388f54df', '', '', '{}', 'a6427c86ba5f61f4e53b7294c881f0347f6c59224357e7efa88183a7e29c56be');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (25, 1792534067316, '', 'local', '127.0.0.1', 'account.create', 'acc_e6c075135b921e429b8c', '', 'acc_e6c075135b921e429b8c', '{"name":"maps","currency":"CNY","billing":"prepaid","credit_limit_micro":0,"tax_name":"","tax_ppm":0,"tax_number":"","address":"","email":"","status":"active"}', 'bb77781b472a7cbda2143952be625e6d9b20224a258631cbe70bcbcb01ea8bba');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (26, 1792534067317, '', 'local', '127.0.0.1', 'workspace.create', 'ws_9c715390a75cbb9b2788', 'ws_9c715390a75cbb9b2788', 'acc_e6c075135b921e429b8c', '{"name":"maps","status":"active","weight":1,"priority":0,"share_prefix":false,"store_prompts":false,"retention_days":30,"discount_ppm":0,"sandbox":false,"owner":"usr_d6859fdd22ba2ce0ce08"}', '95a1dff5a193f4065c3a8211494f324ccf5e969bee1fcca890a879e03f3fc3d0');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (27, 1792534067317, '', 'local', '127.0.0.1', 'partner.create', 'prt_d0467b18515de908b51c', '', '', '{"name":"Maps Ltd","account_id":"acc_e6c075135b921e429b8c"}', '0f29cede561a7ba0c72737e42769c7134cd1447a032b5bece8276eefbfc54ef3');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (28, 1792534067317, '', 'local', '127.0.0.1', 'offering.create', 'off_411897337d0e72f3dfc0', '', 'acc_e6c075135b921e429b8c', '{"kind":"model","name":"adapter","share_ppm":300000,"partner_id":"prt_d0467b18515de908b51c"}', 'b8a1f50042f4b3caab83182156401ceea6bdf43736f245588afcd1c030288d65');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (29, 1792534067318, '', 'local', '127.0.0.1', 'offering.submit', 'off_411897337d0e72f3dfc0', '', 'acc_e6c075135b921e429b8c', '{"offering_id":"off_411897337d0e72f3dfc0","partner_id":"prt_d0467b18515de908b51c"}', 'bdaa4052647e92b584fb837b5182474d44316e32e47348ceebd32d0b909d956b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (30, 1792534067318, '', 'local', '127.0.0.1', 'offering.review', 'off_411897337d0e72f3dfc0', '', 'acc_e6c075135b921e429b8c', '{"list":true,"note":"good","offering_id":"off_411897337d0e72f3dfc0","partner_id":"prt_d0467b18515de908b51c"}', '5f300a11635bd95b460ed788f05c44daa18af603cf49eb8353f7de45034c8202');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (31, 1792534067460, '', 'local', '127.0.0.1', 'key.revoke', 'key_8c404c5441a09a24a914', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{}', '6669a77e547cb6deebe0c6a7fe8ee596fede71f30ebdeb95fe54926b52704ed0');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (32, 1795385269056, '', 'local', '127.0.0.1', 'invoice.issue', 'inv_1385f17c55a0f3b3d096', '', 'acc_d3b5e959c5a887d019a4', '{"month":"2026-10","account_id":"acc_d3b5e959c5a887d019a4"}', '493e2a0ad6bad4eff8351e47431eed87a5e8b8c6c7f826f7beb8f06ee3973ab6');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (33, 1795385269064, '', 'local', '127.0.0.1', 'invoice.credit', 'cn_16e851b54875660aaf52', '', 'acc_d3b5e959c5a887d019a4', '{"line":1,"amount_micro":1000,"reason":"outage","account_id":"acc_d3b5e959c5a887d019a4","invoice_id":"inv_1385f17c55a0f3b3d096"}', '8961aa2492ec7d77f176052da3f6cf528a0451b867b795e8691fb1b999fe3cf3');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (34, 1795385269065, '', 'local', '127.0.0.1', 'payout.create', 'pay_b4c944833ea2a9f011c2', '', 'acc_e6c075135b921e429b8c', '{"currency":"CNY","amount_micro":1000,"note":"first","partner_id":"prt_d0467b18515de908b51c"}', 'd1365f935b1638f1413267693e3110f13bea98dc07a040b2b071744aea307639');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (35, 1795385269314, '', 'local', '127.0.0.1', 'backup.create', 'backup-1795385269151.tar', '', '', '{}', '65d661bbdd0ecd1529c4c05480278281ed928b904b1cd652a3cc2089311e57ea');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (36, 1795385269347, '', 'local', '127.0.0.1', 'backup.delete', 'backup-1795385269151.tar', '', '', '{"name":"backup-1795385269151.tar"}', '83177c7bfcad2b72e5cfbe069bdd654d7abebcc30c9658288e9574436232b0cd');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (37, 1795385269366, '', 'local', '127.0.0.1', 'key.create', 'key_ab1edc77c49c74769b0e', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"name":"slow","person":"usr_d6859fdd22ba2ce0ce08","hint":"sk-d3a1","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '9e69d7bf3026ca5f69a0ae9e8132e7a65eeb0cf574f771aa5d2824e20f3ed4ed');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (38, 1795385269366, '', 'local', '127.0.0.1', 'key.create', 'key_ab1edc77c49c74769b0e', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', '{"name":"slow","workspace_id":"ws_74e8241524c04cc82c8c"}', '4c70500523b72bcbe66bd0f274f2c90c5a0015556a20a0594e05a42c91168220');
INSERT INTO audit_head (one, id, hash) VALUES (1, 38, '4c70500523b72bcbe66bd0f274f2c90c5a0015556a20a0594e05a42c91168220');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (1, 'top_up', 'admin:top_up:ws_74e8241524c04cc82c8c:0e7ad4f2084c78e31e4f9ddfe3865e30', '', 'ws_74e8241524c04cc82c8c', 1792534067143, 'Überweisung 17; ''in quotes''');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (2, 'promotion', 'admin:adjust:ws_74e8241524c04cc82c8c:639ed287fc364f4e0b388ac389ed4487', '', 'ws_74e8241524c04cc82c8c', 1792534067155, 'welcome');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (3, 'settle', 'rcp_1a15b5b3876c1c09e5a0541b', 'rcp_1a15b5b3876c1c09e5a0541b', 'ws_74e8241524c04cc82c8c', 1792534067335, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (4, 'settle', 'rcp_1a15b5b388fe47f128414366', 'rcp_1a15b5b388fe47f128414366', 'ws_74e8241524c04cc82c8c', 1792534067351, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (5, 'settle', 'rcp_1a15b5b389808c9a8762d4d4', 'rcp_1a15b5b389808c9a8762d4d4', 'ws_74e8241524c04cc82c8c', 1792534067358, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (6, 'settle', 'rcp_1a15b5b389fdeaed37862144', 'rcp_1a15b5b389fdeaed37862144', 'ws_74e8241524c04cc82c8c', 1792534067371, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (7, 'settle', 'rcp_1a15b5b38abe9bae72cba80c', 'rcp_1a15b5b38abe9bae72cba80c', 'ws_74e8241524c04cc82c8c', 1792534067395, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (8, 'settle', 'rcp_1a15b5b38c41c657b56e3d65', 'rcp_1a15b5b38c41c657b56e3d65', 'ws_74e8241524c04cc82c8c', 1792534067419, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (9, 'settle', 'rcp_1a15b5b38dc66899ec4eca61', 'rcp_1a15b5b38dc66899ec4eca61', 'ws_74e8241524c04cc82c8c', 1792534067443, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (10, 'settle', 'rcp_1a15b5b38f469de120a75fe4', 'rcp_1a15b5b38f469de120a75fe4', 'ws_74e8241524c04cc82c8c', 1792534067459, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (11, 'credit_note', 'credit_note:cn_16e851b54875660aaf52', '', 'ws_74e8241524c04cc82c8c', 1795385269064, 'CL-CN-2026-000001: outage');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (12, 'pay_out', 'pay_out:pay_b4c944833ea2a9f011c2', '', '', 1795385269065, 'pay_b4c944833ea2a9f011c2: first');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (13, 'settle', 'rcp_1a2054d1b4a1fcca6dee371c', 'rcp_1a2054d1b4a1fcca6dee371c', 'ws_74e8241524c04cc82c8c', 1795385269107, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (14, 'hold', 'hold:rcp_1a2054d1c77ec2f0d077be63', 'rcp_1a2054d1c77ec2f0d077be63', 'ws_74e8241524c04cc82c8c', 1795385270527, '');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (1, 1, 'platform:cash', -50000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (1, 2, 'ws:ws_74e8241524c04cc82c8c:available', 50000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (2, 1, 'ws:ws_74e8241524c04cc82c8c:available', 1000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (2, 2, 'platform:promotions', -1000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (3, 1, 'ws:ws_74e8241524c04cc82c8c:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (3, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 1, 'ws:ws_74e8241524c04cc82c8c:available', -87000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 2, 'partner:prt_d0467b18515de908b51c:payable', 26100, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 3, 'platform:revenue', 60900, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (5, 1, 'ws:ws_74e8241524c04cc82c8c:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (5, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 1, 'ws:ws_74e8241524c04cc82c8c:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 2, 'partner:prt_d0467b18515de908b51c:payable', 27600, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 3, 'platform:revenue', 64400, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (7, 1, 'ws:ws_74e8241524c04cc82c8c:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (7, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 1, 'ws:ws_74e8241524c04cc82c8c:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 2, 'partner:prt_d0467b18515de908b51c:payable', 27600, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 3, 'platform:revenue', 64400, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (9, 1, 'ws:ws_74e8241524c04cc82c8c:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (9, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (10, 1, 'ws:ws_74e8241524c04cc82c8c:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (10, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (11, 1, 'platform:credit_notes', -1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (11, 2, 'ws:ws_74e8241524c04cc82c8c:available', 1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (12, 1, 'partner:prt_d0467b18515de908b51c:payable', -1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (12, 2, 'platform:cash', 1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (13, 1, 'ws:ws_74e8241524c04cc82c8c:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (13, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (14, 1, 'ws:ws_74e8241524c04cc82c8c:available', -40972000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (14, 2, 'ws:ws_74e8241524c04cc82c8c:reserved', 40972000, 'CNY');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:cash', 'CNY', -49999000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('ws:ws_74e8241524c04cc82c8c:available', 'CNY', 9206000, 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:promotions', 'CNY', -1000000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:revenue', 'CNY', 741700, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('partner:prt_d0467b18515de908b51c:payable', 'CNY', 80300, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:credit_notes', 'CNY', -1000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('ws:ws_74e8241524c04cc82c8c:reserved', 'CNY', 40972000, 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4');
INSERT INTO ledger_hold (receipt_id, workspace_id, amount_micro, currency) VALUES ('rcp_1a2054d1c77ec2f0d077be63', 'ws_74e8241524c04cc82c8c', 40972000, 'CNY');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b5b3876c1c09e5a0541b', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', 'key_6f3ab660790a60c2d594', 'base', '', '', 'req_b182c8eddbef8394e3a5e091', 1792534067318, 1792534067335, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b5b388fe47f128414366', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', 'key_6f3ab660790a60c2d594', 'adapter', '', 'prt_d0467b18515de908b51c', 'req_8dec26771211e99e5c550e79', 1792534067343, 1792534067351, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,5,1000000000,7000],["output",8,0,10000000000,80000]]', 87000, 26100, 5, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b5b389808c9a8762d4d4', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', 'key_6f3ab660790a60c2d594', 'base', '', '', 'req_20b08b21abdccbe1bb9cf485', 1792534067352, 1792534067358, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b5b389fdeaed37862144', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', 'key_6f3ab660790a60c2d594', 'adapter', '', 'prt_d0467b18515de908b51c', 'req_3a926d9890fb110ab0f637b1', 1792534067359, 1792534067371, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 27600, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b5b38abe9bae72cba80c', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', 'key_6f3ab660790a60c2d594', 'base', '', '', 'req_23746edb72f03a75713e5fcf', 1792534067371, 1792534067395, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b5b38c41c657b56e3d65', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', 'key_6f3ab660790a60c2d594', 'adapter', '', 'prt_d0467b18515de908b51c', 'req_db2c20009d19ea2d958fda53', 1792534067396, 1792534067419, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 27600, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b5b38dc66899ec4eca61', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', 'key_6f3ab660790a60c2d594', 'base', '', '', 'req_7293190e32515275b5fdcd6c', 1792534067420, 1792534067443, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b5b38f469de120a75fe4', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', 'key_8c404c5441a09a24a914', 'base', '', '', 'req_55ad65525eb0be1dedd9c9ba', 1792534067444, 1792534067459, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a2054d1b4a1fcca6dee371c', 'ws_74e8241524c04cc82c8c', 'acc_d3b5e959c5a887d019a4', 'key_6f3ab660790a60c2d594', 'base', '', '', 'req_9ff1293d6cab107c74c24a40', 1795385269066, 1795385269107, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_74e8241524c04cc82c8c', 1792534020000, 'key_6f3ab660790a60c2d594', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 368000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_74e8241524c04cc82c8c', 1792534020000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1792534020000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_74e8241524c04cc82c8c', 1792533600000, 'key_6f3ab660790a60c2d594', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 368000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_74e8241524c04cc82c8c', 1792533600000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1792533600000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_74e8241524c04cc82c8c', 1792454400000, 'key_6f3ab660790a60c2d594', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 368000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_74e8241524c04cc82c8c', 1792454400000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1792454400000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_74e8241524c04cc82c8c', 1790812800000, 'key_6f3ab660790a60c2d594', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 368000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_74e8241524c04cc82c8c', 1790812800000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1790812800000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_74e8241524c04cc82c8c', 1792534020000, 'key_6f3ab660790a60c2d594', 'adapter', '', 'prt_d0467b18515de908b51c', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_74e8241524c04cc82c8c', 1792534020000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1792534020000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_74e8241524c04cc82c8c', 1792533600000, 'key_6f3ab660790a60c2d594', 'adapter', '', 'prt_d0467b18515de908b51c', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_74e8241524c04cc82c8c', 1792533600000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1792533600000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_74e8241524c04cc82c8c', 1792454400000, 'key_6f3ab660790a60c2d594', 'adapter', '', 'prt_d0467b18515de908b51c', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_74e8241524c04cc82c8c', 1792454400000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1792454400000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_74e8241524c04cc82c8c', 1790812800000, 'key_6f3ab660790a60c2d594', 'adapter', '', 'prt_d0467b18515de908b51c', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_74e8241524c04cc82c8c', 1790812800000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1790812800000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_74e8241524c04cc82c8c', 1792534020000, 'key_8c404c5441a09a24a914', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_74e8241524c04cc82c8c', 1792533600000, 'key_8c404c5441a09a24a914', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_74e8241524c04cc82c8c', 1792454400000, 'key_8c404c5441a09a24a914', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_74e8241524c04cc82c8c', 1790812800000, 'key_8c404c5441a09a24a914', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_74e8241524c04cc82c8c', 1795385220000, 'key_6f3ab660790a60c2d594', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_74e8241524c04cc82c8c', 1795385220000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1795385220000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_74e8241524c04cc82c8c', 1795384800000, 'key_6f3ab660790a60c2d594', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_74e8241524c04cc82c8c', 1795384800000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1795384800000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_74e8241524c04cc82c8c', 1795305600000, 'key_6f3ab660790a60c2d594', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_74e8241524c04cc82c8c', 1795305600000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1795305600000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_74e8241524c04cc82c8c', 1793491200000, 'key_6f3ab660790a60c2d594', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_74e8241524c04cc82c8c', 1793491200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1793491200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO free_use (workspace_id, free_id, model, used_units) VALUES ('ws_74e8241524c04cc82c8c', 'welcome', 'adapter', 5);
INSERT INTO price_book (version, loaded_ms, actor, toml) VALUES ('before', 1792534067135, 'local', 'version = "before"
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
INSERT INTO budget (id, workspace_id, scope, subject, period, amount_micro, hard, alerts_ppm, webhook_url, webhook_secret, created_ms) VALUES ('bud_4cbfbf4f4c8906e8c0cbc7c3', 'ws_74e8241524c04cc82c8c', 0, '', 2, 10000, 0, '500000', '', 'words', 1792534067171);
INSERT INTO budget_use (budget_id, period_start_ms, spent_micro) VALUES ('bud_4cbfbf4f4c8906e8c0cbc7c3', 0, 823000);
INSERT INTO budget_alert (id, budget_id, workspace_id, period_start_ms, threshold_ppm, spent_micro, amount_micro, created_ms, delivered_ms, attempts, last_error) VALUES ('alr_07eae20700859bbcf3c1f8a0', 'bud_4cbfbf4f4c8906e8c0cbc7c3', 'ws_74e8241524c04cc82c8c', 0, 500000, 92000, 10000, 1792534067335, 0, 0, '');
INSERT INTO idempotency_claim (claim, receipt_id, claimed_ms) VALUES ('d9447e5c8984bab45207957cfe33d8b8', 'rcp_1a15b5b38dc66899ec4eca61', 1792534067420);
INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_d3b5e959c5a887d019a4', 'workspace', 'ws_74e8241524c04cc82c8c', '*', 6000, 0, 0, 0);
INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_d3b5e959c5a887d019a4', 'key', 'key_6f3ab660790a60c2d594', '*', 6000, 0, 0, 0);
INSERT INTO billing_settings (id, document) VALUES (1, '{"seller_name":"Cloud Ltd","seller_address":"","seller_tax_id":"","number_prefix":"CL","series_per_account":false,"tax_included":true,"due_days":30,"note":"","cost_currency":"CNY","cpu_hour_micro":1000000,"kwh_micro":0,"cpu_milliwatts":0}');
INSERT INTO number_series (name, last_number) VALUES ('CL-2026', 1);
INSERT INTO number_series (name, last_number) VALUES ('CL-CN-2026', 1);
INSERT INTO invoice (id, number, account_id, month, currency, issued_ms, due_ms, payable_micro, document, document_sha256) VALUES ('inv_1385f17c55a0f3b3d096', 'CL-2026-000001', 'acc_d3b5e959c5a887d019a4', '2026-10', 'CNY', 1795385269055, 0, 730000, '{"id":"inv_1385f17c55a0f3b3d096","number":"CL-2026-000001","account_id":"acc_d3b5e959c5a887d019a4","month":"2026-10","issued_ms":1795385269055,"due_ms":0,"seller":{"name":"Cloud Ltd","address":"","tax_id":""},"buyer":{"name":"shop","address":"","tax_id":""},"currency":"CNY","tax":{"name":"VAT","ppm":60000,"included":true},"lines":[{"number":1,"workspace_id":"ws_74e8241524c04cc82c8c","workspace":"shop","model":"adapter","kind":"input","units":36,"amount_micro":31000},{"number":2,"workspace_id":"ws_74e8241524c04cc82c8c","workspace":"shop","model":"adapter","kind":"output","units":24,"amount_micro":240000},{"number":3,"workspace_id":"ws_74e8241524c04cc82c8c","workspace":"shop","model":"base","kind":"input","units":60,"amount_micro":60000},{"number":4,"workspace_id":"ws_74e8241524c04cc82c8c","workspace":"shop","model":"base","kind":"output","units":40,"amount_micro":400000}],"charges_micro":731000,"tax_micro":41377,"total_micro":731000,"rounding_micro":-1000,"payable_micro":730000,"payable":"0.73","note":""}', '90c8ac4ab29b9bb3b51c27855832d9dc70ffb0f9ecdb4aa6c1e5a8024f00a2c9');
INSERT INTO credit_note (id, number, idempotency_key, invoice_id, line, currency, amount_micro, total_micro, issued_ms, posted, document) VALUES ('cn_16e851b54875660aaf52', 'CL-CN-2026-000001', 'admin:credit:inv_1385f17c55a0f3b3d096:ef595204208e429b1a8d0c88658d9337', 'inv_1385f17c55a0f3b3d096', 1, 'CNY', 1000, 1000, 1795385269064, 1, '{"id":"cn_16e851b54875660aaf52","number":"CL-CN-2026-000001","invoice_id":"inv_1385f17c55a0f3b3d096","invoice_number":"CL-2026-000001","account_id":"acc_d3b5e959c5a887d019a4","line":1,"workspace_id":"ws_74e8241524c04cc82c8c","currency":"CNY","amount_micro":1000,"tax_micro":57,"total_micro":1000,"reason":"outage","issued_ms":1795385269064}');
INSERT INTO partner (id, name, account_id, sandbox_workspace_id, status, created_ms) VALUES ('prt_d0467b18515de908b51c', 'Maps Ltd', 'acc_e6c075135b921e429b8c', '', 'active', 1792534067317);
INSERT INTO offering (id, partner_id, kind, name, title, share_ppm, state, review_note, reviewed_by, created_ms, changed_ms) VALUES ('off_411897337d0e72f3dfc0', 'prt_d0467b18515de908b51c', 'model', 'adapter', '', 300000, 'listed', 'good', 'local', 1792534067317, 1792534067318);
INSERT INTO payout (id, idempotency_key, partner_id, currency, amount_micro, note, paid_ms, posted) VALUES ('pay_b4c944833ea2a9f011c2', 'admin:pay_out:prt_d0467b18515de908b51c:03126414fd37f5a247caf69eb34a3457', 'prt_d0467b18515de908b51c', 'CNY', 1000, 'first', 1795385269065, 1);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_74e8241524c04cc82c8c', 1790812800000, 'base', 0, 'CNY', 60, 60000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_74e8241524c04cc82c8c', 1790812800000, 'base', 3, 'CNY', 40, 400000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_74e8241524c04cc82c8c', 1790812800000, 'adapter', 0, 'CNY', 36, 31000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_74e8241524c04cc82c8c', 1790812800000, 'adapter', 3, 'CNY', 24, 240000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_74e8241524c04cc82c8c', 1793491200000, 'base', 0, 'CNY', 12, 12000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_74e8241524c04cc82c8c', 1793491200000, 'base', 3, 'CNY', 8, 80000);
