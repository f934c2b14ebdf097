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
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (1, '0001_people', '0d7940ba83d2c315b636bb9b2f8787e046842c500d37017d7069ffd78358e1f4', 1792537993);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (2, '0002_ledger', 'bbcfcbc2feaae07f7ed6a12e244af401daad3aea25295c48456a78f1512e65f5', 1792537993);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (3, '0003_limits', 'e071a7242bef54eaacd95334b643d3e8a9473cae01f1c457620f1b63a474a1a0', 1792537993);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (4, '0004_billing', '467f759951bbe2336481b6e9c4d80915b18a324f891a1ccff5d9c8eb75e6593e', 1792537993);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (5, '0005_rotation', '4d11899bf33e4596360366f6a6b85da96c3576d1742fb7bc27d07e953c450939', 1792537993);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (6, '0006_sealed', '42b12cb4fa9a209a67a1c4786be5ec4adee4417f4ab8a8b37fead6903add008e', 1792537993);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_716b98a0e672d16201de', 'Default', 'CNY', 'postpaid', 1000000000000000, '', 0, '', '', '', 'active', 1792537993248);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_81ed10e9d64f3346c538', 'shop', 'CNY', 'prepaid', 0, 'VAT', 60000, '', '', '', 'active', 1792537993287);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_09da5bdf847739c19612', 'maps', 'CNY', 'prepaid', 0, '', 0, '', '', '', 'active', 1792537993400);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_ffdf3c44aa45e1f07736', 'acc_716b98a0e672d16201de', 'Default', 'active', 1, 0, 0, 0, 30, 0, 0, 1792537993248);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', 'shop', 'active', 1, 0, 0, 1, 3650, 0, 0, 1792537993287);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_676e35123ec8a28b0a95', 'acc_09da5bdf847739c19612', 'maps', 'active', 1, 0, 0, 0, 30, 0, 0, 1792537993400);
INSERT INTO person (id, email, name, is_operator, status, created_ms, password_hash, totp_secret, totp_confirmed, totp_last_step) VALUES ('usr_f0cf5442a4ff6edfdf2d', NULL, 'Owner', 1, 'active', 1792537993248, NULL, NULL, 0, 0);
INSERT INTO person (id, email, name, is_operator, status, created_ms, password_hash, totp_secret, totp_confirmed, totp_last_step) VALUES ('usr_c06bf55063fc5161f007', 'li@shop.test', 'Li', 0, 'active', 1792537993294, '$argon2id$v=19$m=65536,t=2,p=1$+HIsQrWHHJ7eBYqRCSMO5Q$QIPlnMc0ERElSPgkuMZiqMxrbnUOWlPtSCFb112V7Ks', X'351310F3AF790F401324965FF1AF974F1A6FD9DCCE4A83B5543DDE4DB80DD1C38D306AC95C80D332B4B5E45A64CF7EB1650EDADA0AEEDFB537F8D381', 0, 0);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_ffdf3c44aa45e1f07736', 'usr_f0cf5442a4ff6edfdf2d', 'owner', 1792537993248);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_6a995804cfb1ca4cecfc', 'usr_f0cf5442a4ff6edfdf2d', 'owner', 1792537993287);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_6a995804cfb1ca4cecfc', 'usr_c06bf55063fc5161f007', 'billing', 1792537993294);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_676e35123ec8a28b0a95', 'usr_f0cf5442a4ff6edfdf2d', 'owner', 1792537993400);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_62daabaa3c0cb5ec885d', 'ws_ffdf3c44aa45e1f07736', 'usr_f0cf5442a4ff6edfdf2d', 'first', 'sk-7caa', X'0304738C29106D2AA327D7D505EE713D09B6F3F0A3073759247D28FA475CCF2A', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792537993248, 0, 0, NULL, 0);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_0ddbc26aa1b042b6c393', 'ws_6a995804cfb1ca4cecfc', 'usr_f0cf5442a4ff6edfdf2d', 'web', 'sk-869b', X'E17930DBB4D16FAAAC4AA11D0CBF9E20EF21274FE5EAFD09A488FF1489F0E11F', '{"models":["base","adapter"],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792537993290, 0, 0, X'BCFC485DE8D51E654B734B407EA25DD989B45CBBC1FEC17D5C13C8CCF90334D2', 1792624393291);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_86769009a01a2bb7427e', 'ws_6a995804cfb1ca4cecfc', 'usr_f0cf5442a4ff6edfdf2d', 'old', 'sk-e3cb', X'524262361D7993EBC74789D245461CF54BD1DDF3C402655D1152C72168DE056C', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792537993291, 0, 1792537993486, NULL, 0);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_2f86a04c7a88b85fd9e3', 'ws_6a995804cfb1ca4cecfc', 'usr_f0cf5442a4ff6edfdf2d', 'slow', 'sk-658b', X'2C52BE9D6DE88241355E101132B143F6F79848AB77CB1EB1D3D31ED83F4613E9', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1795389195162, 0, 0, NULL, 0);
INSERT INTO console_session (id, token_hash, person_id, method, ip, user_agent, created_ms, seen_ms, expires_ms) VALUES ('ses_e78bc4b21e3f69f95a6e', X'A34EB7E0C67E45C2CD9D976BC1965941EE4DC42756FA27816E3A3ADC6D40D067', 'usr_c06bf55063fc5161f007', 'link', '127.0.0.1', '', 1792537993295, 1792537993295, 1792581193295);
INSERT INTO sign_in_link (token_hash, person_id, expires_ms) VALUES (X'06142538CEE055870CB15ABD2CBBAFC0F17EB7C34C48FC733E1587DFE9EBE170', 'usr_f0cf5442a4ff6edfdf2d', 1792624393248);
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (1, 1792537993248, '', '', '', 'cloud.create', 'ws_ffdf3c44aa45e1f07736', 'ws_ffdf3c44aa45e1f07736', 'acc_716b98a0e672d16201de', '{}', '2cb3bbba7732e85aa154c5bfd3d417ac86a0e80468b41aed5d64e78e8f30886e');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (2, 1792537993248, '', '', '', 'account.update', 'acc_716b98a0e672d16201de', '', 'acc_716b98a0e672d16201de', '{"billing":["prepaid","postpaid"],"credit_limit_micro":[0,1000000000000000]}', '86cce46bf31a557e09569b5c5894bbac5271d463056d5391c02426eee30a9347');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (3, 1792537993248, '', '', '', 'link.create', 'usr_f0cf5442a4ff6edfdf2d', '', '', '{}', '31aceddee1986d2c3c19e3d761579e001b111721c6b3e5f02696cd0d91ccd8b1');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (4, 1792537993248, '', '', '', 'key.create', 'key_62daabaa3c0cb5ec885d', 'ws_ffdf3c44aa45e1f07736', 'acc_716b98a0e672d16201de', '{"name":"first","person":"usr_f0cf5442a4ff6edfdf2d","hint":"sk-7caa","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', 'f097527bb07d9ad5ed803b30564dd78c292dba9262ada8d35a513cf3bebcee3e');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (5, 1792537993267, '', 'local', '127.0.0.1', 'price.load', 'before', '', '', '{"toml":"version = \"before\"\n[[price]]\nmodel = \"*\"\ncurrency = \"CNY\"\nfrom = \"2020-01-01\"\ninput = 1_000_000_000\noutput = 10_000_000_000\n[[free]]\nid = \"welcome\"\nmodel = \"adapter\"\ntokens = 5\nfrom = \"2020-01-01\"\n"}', 'ce935b9f0843f240ba8c638ad3aab0680cc6d431cea753a64ab71b15a6801a9f');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (6, 1792537993284, '', 'local', '127.0.0.1', 'billing.change', '', '', '', '{"seller_name":"Cloud Ltd","number_prefix":"CL","cost_currency":"CNY","cpu_hour_micro":1000000}', 'b061802712714e22c7f186fcc82b8dde1968e87a6c5f58c326013f186003b5cc');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (7, 1792537993287, '', 'local', '127.0.0.1', 'account.create', 'acc_81ed10e9d64f3346c538', '', 'acc_81ed10e9d64f3346c538', '{"name":"shop","currency":"CNY","billing":"prepaid","credit_limit_micro":0,"tax_name":"","tax_ppm":0,"tax_number":"","address":"","email":"","status":"active"}', '7faa91bcbb274d8a8b79af9c1c3cf2e33afe42e46eac2b882216f7b3a11033a9');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (8, 1792537993287, '', 'local', '127.0.0.1', 'workspace.create', 'ws_6a995804cfb1ca4cecfc', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"name":"shop","status":"active","weight":1,"priority":0,"share_prefix":false,"store_prompts":false,"retention_days":30,"discount_ppm":0,"sandbox":false,"owner":"usr_f0cf5442a4ff6edfdf2d"}', '9e6bbdf5bc54b20c7f25c82db1a4cf004b63495a64b6f29b36ace8b3086aac3d');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (9, 1792537993288, '', 'local', '127.0.0.1', 'money.top_up', '1', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"amount_micro":50000000,"note":"Überweisung 17; ''in quotes''","workspace_id":"ws_6a995804cfb1ca4cecfc"}', 'fcecc5a836fc17768331ea7cb199da2d3ae4ff7d284da65fb387be794116ea7f');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (10, 1792537993288, '', 'local', '127.0.0.1', 'money.adjust', '2', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"amount_micro":1000000,"kind":"promotion","note":"welcome","workspace_id":"ws_6a995804cfb1ca4cecfc"}', '55f3550f3784be00e83e8c876a0d02b8d0254d71a2c17695cd0df787027fa368');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (11, 1792537993289, '', 'local', '127.0.0.1', 'account.update', 'acc_81ed10e9d64f3346c538', '', 'acc_81ed10e9d64f3346c538', '{"tax_name":["","VAT"],"tax_ppm":[0,60000]}', 'f413bd97c8ae66e3c69837aa23b1776bba5f9136a57ad16e9dfc62c963ef18c8');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (12, 1792537993289, '', 'local', '127.0.0.1', 'workspace.update', 'ws_6a995804cfb1ca4cecfc', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"store_prompts":[false,true],"retention_days":[30,3650]}', 'bfba7ee8390cc4305927af4faf13d61fbf097aba3c717c8644f36c402c948acb');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (13, 1792537993290, '', 'local', '127.0.0.1', 'limit.set', 'ws_6a995804cfb1ca4cecfc', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"requests_per_minute":6000,"tokens_per_minute":0,"workspace_id":"ws_6a995804cfb1ca4cecfc"}', '12c9d7d1f8aaae7dd0b86513e23bc1fa1414f5388d1526fe97dc27611431405d');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (14, 1792537993290, '', 'local', '127.0.0.1', 'key.create', 'key_0ddbc26aa1b042b6c393', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"name":"web","person":"usr_f0cf5442a4ff6edfdf2d","hint":"sk-8309","scopes":{"models":["base","adapter"],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '8e9f0c229dc00bd090952e6efc272c6c849818ddf278b3f96a8291f5a4a3d32a');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (15, 1792537993290, '', 'local', '127.0.0.1', 'key.create', 'key_0ddbc26aa1b042b6c393', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"name":"web","limits":{"requests_per_minute":6000},"models":["base","adapter"],"workspace_id":"ws_6a995804cfb1ca4cecfc"}', 'e5c0231ccb27b51d3b79cf97d96e22a9d85d7aacafc688750bab28a4ce080744');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (16, 1792537993291, '', 'local', '127.0.0.1', 'key.create', 'key_86769009a01a2bb7427e', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"name":"old","person":"usr_f0cf5442a4ff6edfdf2d","hint":"sk-e3cb","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '967cfcf09477ec3724ac0626b8f1d0c09f8545180b15daa01d759338876f10d9');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (17, 1792537993291, '', 'local', '127.0.0.1', 'key.create', 'key_86769009a01a2bb7427e', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"name":"old","workspace_id":"ws_6a995804cfb1ca4cecfc"}', '8c7dd9eca67b05d05161e0cb726e7269c05a8845761c6d6af292d83c8050ed18');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (18, 1792537993291, '', 'local', '127.0.0.1', 'key.rotate', 'key_0ddbc26aa1b042b6c393', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"overlap_ms":86400000}', '9c643fab4b5cf701222261c47c74962e7d4ad4fd1639e93d9d582b1c7e787bfd');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (19, 1792537993293, '', 'local', '127.0.0.1', 'budget.create', 'bud_cc0144d4d793f60e500d2128', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"amount_micro":10000,"period":"total","hard":false,"alerts_percent":["50"],"webhook_secret":"(secret)","workspace_id":"ws_6a995804cfb1ca4cecfc"}', 'bae6ebb49b20ba16cfc13ff4fb39d7b2b99e63a2569d1c20c840630386f30b29');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (20, 1792537993294, '', 'local', '127.0.0.1', 'person.create', 'usr_c06bf55063fc5161f007', '', '', '{"email":"li@shop.test","name":"Li","operator":false,"status":"active"}', '0be03e971265d057bfa8c37fef7d08011aebb4388004a6cec876ffe4787faa34');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (21, 1792537993294, '', 'local', '127.0.0.1', 'link.create', 'usr_c06bf55063fc5161f007', '', '', '{}', '365f0531239ef3726ad66709f83cfe10698dd8dd218e98aa1e4a32ff63398e80');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (22, 1792537993294, '', 'local', '127.0.0.1', 'member.set', 'usr_c06bf55063fc5161f007', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"role":[null,"billing"]}', '1c14e72bb1e292790b9bb42a6d596ca0056a68c91709893867e2ccd802f0b2c0');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (23, 1792537993295, 'usr_c06bf55063fc5161f007', '', '127.0.0.1', 'session.begin', 'usr_c06bf55063fc5161f007', '', '', '{"method":"link"}', 'cfbc51359afd74d98483945c145c6eabb855baf6730d504b830fde1077f09115');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (24, 1792537993398, 'usr_c06bf55063fc5161f007', '', '127.0.0.1', 'password.set', 'usr_c06bf55063fc5161f007', '', '', '{}', '404f5d7d51ae04e8d641a3315593cce3f66d01bd5014c9d830c41f66dd15d96a');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (25, 1792537993399, 'usr_c06bf55063fc5161f007', '', '127.0.0.1', 'totp.begin', 'usr_c06bf55063fc5161f007', '', '', '{}', 'e60164787dae065f79c2a38b508af1429dd3da1c22a11d61a7576465b7b2e906');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (26, 1792537993400, '', 'local', '127.0.0.1', 'account.create', 'acc_09da5bdf847739c19612', '', 'acc_09da5bdf847739c19612', '{"name":"maps","currency":"CNY","billing":"prepaid","credit_limit_micro":0,"tax_name":"","tax_ppm":0,"tax_number":"","address":"","email":"","status":"active"}', 'ce6926f43d4cf8ab2791e131c975ac85fd59ebf7aa2d7480399bbd33e5249a86');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (27, 1792537993400, '', 'local', '127.0.0.1', 'workspace.create', 'ws_676e35123ec8a28b0a95', 'ws_676e35123ec8a28b0a95', 'acc_09da5bdf847739c19612', '{"name":"maps","status":"active","weight":1,"priority":0,"share_prefix":false,"store_prompts":false,"retention_days":30,"discount_ppm":0,"sandbox":false,"owner":"usr_f0cf5442a4ff6edfdf2d"}', '4627648872aa65effd13425fe5c1f6d41b58779bdd276e167a631a2f37a2f06b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (28, 1792537993400, '', 'local', '127.0.0.1', 'partner.create', 'prt_265fcd2abd6b232e0ca0', '', '', '{"name":"Maps Ltd","account_id":"acc_09da5bdf847739c19612"}', '61ba950626d42f8d291bf4566dce9ad9ef0676be150c61a503aa6460991d98a3');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (29, 1792537993401, '', 'local', '127.0.0.1', 'offering.create', 'off_b2c2790b32c85c6321b8', '', 'acc_09da5bdf847739c19612', '{"kind":"model","name":"adapter","share_ppm":300000,"partner_id":"prt_265fcd2abd6b232e0ca0"}', '0c2d3370ec1112c4c540a9ce641cf5ea6509105c1caaf10154fc906f85479260');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (30, 1792537993401, '', 'local', '127.0.0.1', 'offering.submit', 'off_b2c2790b32c85c6321b8', '', 'acc_09da5bdf847739c19612', '{"offering_id":"off_b2c2790b32c85c6321b8","partner_id":"prt_265fcd2abd6b232e0ca0"}', 'e98493579b4eb330e382429de6bdec3de4168fc6abc025df3e3bfe1b66559dd9');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (31, 1792537993402, '', 'local', '127.0.0.1', 'offering.review', 'off_b2c2790b32c85c6321b8', '', 'acc_09da5bdf847739c19612', '{"list":true,"note":"good","offering_id":"off_b2c2790b32c85c6321b8","partner_id":"prt_265fcd2abd6b232e0ca0"}', 'c0f082359246a47358f9b0a2f3fedb87bd477a3b7846106b813f1c44127bbf55');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (32, 1792537993486, '', 'local', '127.0.0.1', 'key.revoke', 'key_86769009a01a2bb7427e', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{}', 'af346e6612b477b62d12e77eb5faf37c703be5c1f15e59a910ff512ef9efddc4');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (33, 1795389195020, '', 'local', '127.0.0.1', 'invoice.issue', 'inv_a7e01375f9b7e01ffc07', '', 'acc_81ed10e9d64f3346c538', '{"month":"2026-10","account_id":"acc_81ed10e9d64f3346c538"}', '3448727941fb8064c20720c8fbf3dcfa6d2f06b7ac5bd5f42de9620e50bbffad');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (34, 1795389195021, '', 'local', '127.0.0.1', 'invoice.credit', 'cn_563742ba8268191abdd9', '', 'acc_81ed10e9d64f3346c538', '{"line":1,"amount_micro":1000,"reason":"outage","account_id":"acc_81ed10e9d64f3346c538","invoice_id":"inv_a7e01375f9b7e01ffc07"}', '4ee0d406ce63eb6d29035e7d06b1e5caf9c2f3f9475eeca92730102276d92cb2');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (35, 1795389195022, '', 'local', '127.0.0.1', 'payout.create', 'pay_fb59dbbf72bc695e5780', '', 'acc_09da5bdf847739c19612', '{"currency":"CNY","amount_micro":1000,"note":"first","partner_id":"prt_265fcd2abd6b232e0ca0"}', '1ab75aa699505552a08a91c086f8de42ec8515bb34764ad84cb2a2567bb22c84');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (36, 1795389195131, '', 'local', '127.0.0.1', 'backup.create', 'backup-1795389195075.tar', '', '', '{}', '85359071978cd5ff8a5c2cad7b45439697b3f9b885af5eb1e4c4f4f64fc5e762');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (37, 1795389195135, '', 'local', '127.0.0.1', 'backup.read', 'backup-1795389195075.tar', '', '', '{"offset":0}', 'ebe6b901e92fa9ee6f1c763244677990bd88b51669575b2c6cfbcb225401159b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (38, 1795389195139, '', 'local', '127.0.0.1', 'backup.read', 'backup-1795389195075.tar', '', '', '{"offset":445952}', 'b331b271aaafb2c08e330a2f35f26b7dbeb54c632051d6513424fbbabcc83a8b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (39, 1795389195145, '', 'local', '127.0.0.1', 'backup.delete', 'backup-1795389195075.tar', '', '', '{"name":"backup-1795389195075.tar"}', 'c7f72af7e16c6c5759d0c39aeaea640dfc1345744e4b22b2fb2edba2e0a787b5');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (40, 1795389195162, '', 'local', '127.0.0.1', 'key.create', 'key_2f86a04c7a88b85fd9e3', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"name":"slow","person":"usr_f0cf5442a4ff6edfdf2d","hint":"sk-658b","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '066e506c1e2d04832f8344ca0b7f347ae05256e6f847abd15353c08e27e1ed68');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (41, 1795389195162, '', 'local', '127.0.0.1', 'key.create', 'key_2f86a04c7a88b85fd9e3', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', '{"name":"slow","workspace_id":"ws_6a995804cfb1ca4cecfc"}', 'e5bf611234efa8166dfea568c886e0630794cd7f6c4f277cd06cf657f8c06eb8');
INSERT INTO audit_head (one, id, hash) VALUES (1, 41, 'e5bf611234efa8166dfea568c886e0630794cd7f6c4f277cd06cf657f8c06eb8');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (1, 'top_up', 'admin:top_up:ws_6a995804cfb1ca4cecfc:524e12db7ff349cf0306335927a9723c', '', 'ws_6a995804cfb1ca4cecfc', 1792537993287, 'Überweisung 17; ''in quotes''');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (2, 'promotion', 'admin:adjust:ws_6a995804cfb1ca4cecfc:fd2bb88a3931435026cf9b8341f33eb6', '', 'ws_6a995804cfb1ca4cecfc', 1792537993288, 'welcome');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (3, 'settle', 'rcp_1a15b9720badc846cc08e4d5', 'rcp_1a15b9720badc846cc08e4d5', 'ws_6a995804cfb1ca4cecfc', 1792537993411, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (4, 'settle', 'rcp_1a15b9720c422e1ac68448fa', 'rcp_1a15b9720c422e1ac68448fa', 'ws_6a995804cfb1ca4cecfc', 1792537993421, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (5, 'settle', 'rcp_1a15b9720ce2383e7d69f139', 'rcp_1a15b9720ce2383e7d69f139', 'ws_6a995804cfb1ca4cecfc', 1792537993426, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (6, 'settle', 'rcp_1a15b9720d3db11ac798f348', 'rcp_1a15b9720d3db11ac798f348', 'ws_6a995804cfb1ca4cecfc', 1792537993441, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (7, 'settle', 'rcp_1a15b9720e2c73de0a262f71', 'rcp_1a15b9720e2c73de0a262f71', 'ws_6a995804cfb1ca4cecfc', 1792537993445, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (8, 'settle', 'rcp_1a15b9720e6d296d5f17cd31', 'rcp_1a15b9720e6d296d5f17cd31', 'ws_6a995804cfb1ca4cecfc', 1792537993450, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (9, 'settle', 'rcp_1a15b972100964e3395f37f0', 'rcp_1a15b972100964e3395f37f0', 'ws_6a995804cfb1ca4cecfc', 1792537993479, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (10, 'settle', 'rcp_1a15b972108f78063371dacc', 'rcp_1a15b972108f78063371dacc', 'ws_6a995804cfb1ca4cecfc', 1792537993485, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (11, 'credit_note', 'credit_note:cn_563742ba8268191abdd9', '', 'ws_6a995804cfb1ca4cecfc', 1795389195021, 'CL-CN-2026-000001: outage');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (12, 'pay_out', 'pay_out:pay_fb59dbbf72bc695e5780', '', '', 1795389195022, 'pay_fb59dbbf72bc695e5780: first');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (13, 'settle', 'rcp_1a20589030e024118ca3190c', 'rcp_1a20589030e024118ca3190c', 'ws_6a995804cfb1ca4cecfc', 1795389195035, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (14, 'hold', 'hold:rcp_1a20589039f06309e5db41ca', 'rcp_1a20589039f06309e5db41ca', 'ws_6a995804cfb1ca4cecfc', 1795389196267, '');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (1, 1, 'platform:cash', -50000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (1, 2, 'ws:ws_6a995804cfb1ca4cecfc:available', 50000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (2, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', 1000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (2, 2, 'platform:promotions', -1000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (3, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (3, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', -87000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 2, 'partner:prt_265fcd2abd6b232e0ca0:payable', 26100, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 3, 'platform:revenue', 60900, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (5, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (5, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 2, 'partner:prt_265fcd2abd6b232e0ca0:payable', 27600, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 3, 'platform:revenue', 64400, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (7, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (7, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 2, 'partner:prt_265fcd2abd6b232e0ca0:payable', 27600, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 3, 'platform:revenue', 64400, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (9, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (9, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (10, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (10, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (11, 1, 'platform:credit_notes', -1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (11, 2, 'ws:ws_6a995804cfb1ca4cecfc:available', 1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (12, 1, 'partner:prt_265fcd2abd6b232e0ca0:payable', -1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (12, 2, 'platform:cash', 1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (13, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (13, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (14, 1, 'ws:ws_6a995804cfb1ca4cecfc:available', -40972000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (14, 2, 'ws:ws_6a995804cfb1ca4cecfc:reserved', 40972000, 'CNY');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:cash', 'CNY', -49999000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('ws:ws_6a995804cfb1ca4cecfc:available', 'CNY', 9206000, 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:promotions', 'CNY', -1000000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:revenue', 'CNY', 741700, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('partner:prt_265fcd2abd6b232e0ca0:payable', 'CNY', 80300, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:credit_notes', 'CNY', -1000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('ws:ws_6a995804cfb1ca4cecfc:reserved', 'CNY', 40972000, 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538');
INSERT INTO ledger_hold (receipt_id, workspace_id, amount_micro, currency) VALUES ('rcp_1a20589039f06309e5db41ca', 'ws_6a995804cfb1ca4cecfc', 40972000, 'CNY');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b9720badc846cc08e4d5', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'req_d969a98bb995c54cc2981bf5', 1792537993402, 1792537993411, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b9720c422e1ac68448fa', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', 'key_0ddbc26aa1b042b6c393', 'adapter', '', 'prt_265fcd2abd6b232e0ca0', 'req_1a612ee35afaec872e038c72', 1792537993412, 1792537993421, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,5,1000000000,7000],["output",8,0,10000000000,80000]]', 87000, 26100, 5, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b9720ce2383e7d69f139', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'req_ef0195748cdd1e8718bbc977', 1792537993422, 1792537993426, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b9720d3db11ac798f348', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', 'key_0ddbc26aa1b042b6c393', 'adapter', '', 'prt_265fcd2abd6b232e0ca0', 'req_f20c787f615a49cc5556bc47', 1792537993427, 1792537993441, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 27600, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b9720e2c73de0a262f71', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'req_3e15687dcbfe5f58b2c7a880', 1792537993442, 1792537993445, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b9720e6d296d5f17cd31', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', 'key_0ddbc26aa1b042b6c393', 'adapter', '', 'prt_265fcd2abd6b232e0ca0', 'req_5d72dda405d19dfd301316d1', 1792537993446, 1792537993450, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 27600, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b972100964e3395f37f0', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'req_4b5d5534bae9ff1c557f5a73', 1792537993472, 1792537993479, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15b972108f78063371dacc', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', 'key_86769009a01a2bb7427e', 'base', '', '', 'req_b4fe5c2f7ba5fbb958e64c7b', 1792537993480, 1792537993485, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a20589030e024118ca3190c', 'ws_6a995804cfb1ca4cecfc', 'acc_81ed10e9d64f3346c538', 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'req_c612f4c454da17b2fb5386e4', 1795389195022, 1795389195035, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_6a995804cfb1ca4cecfc', 1792537980000, 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 368000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_6a995804cfb1ca4cecfc', 1792537980000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1792537980000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_6a995804cfb1ca4cecfc', 1792537200000, 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 368000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_6a995804cfb1ca4cecfc', 1792537200000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1792537200000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_6a995804cfb1ca4cecfc', 1792454400000, 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 368000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_6a995804cfb1ca4cecfc', 1792454400000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1792454400000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_6a995804cfb1ca4cecfc', 1790812800000, 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'CNY', 4, 0, 48, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 368000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_6a995804cfb1ca4cecfc', 1790812800000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1790812800000, '', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 460000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_6a995804cfb1ca4cecfc', 1792537980000, 'key_0ddbc26aa1b042b6c393', 'adapter', '', 'prt_265fcd2abd6b232e0ca0', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_6a995804cfb1ca4cecfc', 1792537980000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1792537980000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_6a995804cfb1ca4cecfc', 1792537200000, 'key_0ddbc26aa1b042b6c393', 'adapter', '', 'prt_265fcd2abd6b232e0ca0', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_6a995804cfb1ca4cecfc', 1792537200000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1792537200000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_6a995804cfb1ca4cecfc', 1792454400000, 'key_0ddbc26aa1b042b6c393', 'adapter', '', 'prt_265fcd2abd6b232e0ca0', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_6a995804cfb1ca4cecfc', 1792454400000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1792454400000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_6a995804cfb1ca4cecfc', 1790812800000, 'key_0ddbc26aa1b042b6c393', 'adapter', '', 'prt_265fcd2abd6b232e0ca0', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_6a995804cfb1ca4cecfc', 1790812800000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1790812800000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_6a995804cfb1ca4cecfc', 1792537980000, 'key_86769009a01a2bb7427e', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_6a995804cfb1ca4cecfc', 1792537200000, 'key_86769009a01a2bb7427e', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_6a995804cfb1ca4cecfc', 1792454400000, 'key_86769009a01a2bb7427e', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_6a995804cfb1ca4cecfc', 1790812800000, 'key_86769009a01a2bb7427e', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_6a995804cfb1ca4cecfc', 1795389180000, 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_6a995804cfb1ca4cecfc', 1795389180000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1795389180000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_6a995804cfb1ca4cecfc', 1795388400000, 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_6a995804cfb1ca4cecfc', 1795388400000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1795388400000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_6a995804cfb1ca4cecfc', 1795305600000, 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_6a995804cfb1ca4cecfc', 1795305600000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1795305600000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_6a995804cfb1ca4cecfc', 1793491200000, 'key_0ddbc26aa1b042b6c393', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_6a995804cfb1ca4cecfc', 1793491200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1793491200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO free_use (workspace_id, free_id, model, used_units) VALUES ('ws_6a995804cfb1ca4cecfc', 'welcome', 'adapter', 5);
INSERT INTO price_book (version, loaded_ms, actor, toml) VALUES ('before', 1792537993267, 'local', 'version = "before"
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
INSERT INTO budget (id, workspace_id, scope, subject, period, amount_micro, hard, alerts_ppm, webhook_url, webhook_secret, created_ms, webhook_sealed) VALUES ('bud_cc0144d4d793f60e500d2128', 'ws_6a995804cfb1ca4cecfc', 0, '', 2, 10000, 0, '500000', '', '', 1792537993292, X'019FE4C18B3514C48A0464C8746B02A0456D1B4657E709B79D2FDACFFB3D87A7585C17CEE406');
INSERT INTO budget_use (budget_id, period_start_ms, spent_micro) VALUES ('bud_cc0144d4d793f60e500d2128', 0, 823000);
INSERT INTO budget_alert (id, budget_id, workspace_id, period_start_ms, threshold_ppm, spent_micro, amount_micro, created_ms, delivered_ms, attempts, last_error) VALUES ('alr_a6e911c21dd837b8269e40cd', 'bud_cc0144d4d793f60e500d2128', 'ws_6a995804cfb1ca4cecfc', 0, 500000, 92000, 10000, 1792537993411, 0, 0, '');
INSERT INTO idempotency_claim (claim, receipt_id, claimed_ms) VALUES ('13b98f6147f68e1b527d93e15847e0ef', 'rcp_1a15b972100964e3395f37f0', 1792537993472);
INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_81ed10e9d64f3346c538', 'workspace', 'ws_6a995804cfb1ca4cecfc', '*', 6000, 0, 0, 0);
INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_81ed10e9d64f3346c538', 'key', 'key_0ddbc26aa1b042b6c393', '*', 6000, 0, 0, 0);
INSERT INTO billing_settings (id, document) VALUES (1, '{"seller_name":"Cloud Ltd","seller_address":"","seller_tax_id":"","number_prefix":"CL","series_per_account":false,"tax_included":true,"due_days":30,"note":"","cost_currency":"CNY","cpu_hour_micro":1000000,"kwh_micro":0,"cpu_milliwatts":0}');
INSERT INTO number_series (name, last_number) VALUES ('CL-2026', 1);
INSERT INTO number_series (name, last_number) VALUES ('CL-CN-2026', 1);
INSERT INTO invoice (id, number, account_id, month, currency, issued_ms, due_ms, payable_micro, document, document_sha256) VALUES ('inv_a7e01375f9b7e01ffc07', 'CL-2026-000001', 'acc_81ed10e9d64f3346c538', '2026-10', 'CNY', 1795389195019, 0, 730000, '{"id":"inv_a7e01375f9b7e01ffc07","number":"CL-2026-000001","account_id":"acc_81ed10e9d64f3346c538","month":"2026-10","issued_ms":1795389195019,"due_ms":0,"seller":{"name":"Cloud Ltd","address":"","tax_id":""},"buyer":{"name":"shop","address":"","tax_id":""},"currency":"CNY","tax":{"name":"VAT","ppm":60000,"included":true},"lines":[{"number":1,"workspace_id":"ws_6a995804cfb1ca4cecfc","workspace":"shop","model":"adapter","kind":"input","units":36,"amount_micro":31000},{"number":2,"workspace_id":"ws_6a995804cfb1ca4cecfc","workspace":"shop","model":"adapter","kind":"output","units":24,"amount_micro":240000},{"number":3,"workspace_id":"ws_6a995804cfb1ca4cecfc","workspace":"shop","model":"base","kind":"input","units":60,"amount_micro":60000},{"number":4,"workspace_id":"ws_6a995804cfb1ca4cecfc","workspace":"shop","model":"base","kind":"output","units":40,"amount_micro":400000}],"charges_micro":731000,"tax_micro":41377,"total_micro":731000,"rounding_micro":-1000,"payable_micro":730000,"payable":"0.73","note":""}', '6f301475846f01310433910d34d341021fbdbf59b82df562c558bfff6beae4b5');
INSERT INTO credit_note (id, number, idempotency_key, invoice_id, line, currency, amount_micro, total_micro, issued_ms, posted, document) VALUES ('cn_563742ba8268191abdd9', 'CL-CN-2026-000001', 'admin:credit:inv_a7e01375f9b7e01ffc07:0a10ada952c27b1d407f9a902a7c109a', 'inv_a7e01375f9b7e01ffc07', 1, 'CNY', 1000, 1000, 1795389195021, 1, '{"id":"cn_563742ba8268191abdd9","number":"CL-CN-2026-000001","invoice_id":"inv_a7e01375f9b7e01ffc07","invoice_number":"CL-2026-000001","account_id":"acc_81ed10e9d64f3346c538","line":1,"workspace_id":"ws_6a995804cfb1ca4cecfc","currency":"CNY","amount_micro":1000,"tax_micro":57,"total_micro":1000,"reason":"outage","issued_ms":1795389195021}');
INSERT INTO partner (id, name, account_id, sandbox_workspace_id, status, created_ms) VALUES ('prt_265fcd2abd6b232e0ca0', 'Maps Ltd', 'acc_09da5bdf847739c19612', '', 'active', 1792537993400);
INSERT INTO offering (id, partner_id, kind, name, title, share_ppm, state, review_note, reviewed_by, created_ms, changed_ms) VALUES ('off_b2c2790b32c85c6321b8', 'prt_265fcd2abd6b232e0ca0', 'model', 'adapter', '', 300000, 'listed', 'good', 'local', 1792537993401, 1792537993402);
INSERT INTO payout (id, idempotency_key, partner_id, currency, amount_micro, note, paid_ms, posted) VALUES ('pay_fb59dbbf72bc695e5780', 'admin:pay_out:prt_265fcd2abd6b232e0ca0:044d7be0db0eaaa30eb76ca58fdd43f3', 'prt_265fcd2abd6b232e0ca0', 'CNY', 1000, 'first', 1795389195022, 1);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_6a995804cfb1ca4cecfc', 1790812800000, 'base', 0, 'CNY', 60, 60000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_6a995804cfb1ca4cecfc', 1790812800000, 'base', 3, 'CNY', 40, 400000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_6a995804cfb1ca4cecfc', 1790812800000, 'adapter', 0, 'CNY', 36, 31000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_6a995804cfb1ca4cecfc', 1790812800000, 'adapter', 3, 'CNY', 24, 240000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_6a995804cfb1ca4cecfc', 1793491200000, 'base', 0, 'CNY', 12, 12000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_6a995804cfb1ca4cecfc', 1793491200000, 'base', 3, 'CNY', 8, 80000);
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15b9720badc846cc08e4d5', 'ws_6a995804cfb1ca4cecfc', 'key_0ddbc26aa1b042b6c393', 'base', 1792537993411, 148, X'019FE4C18B6E7C36DF6E1F7E5812D517E9C2E836DD297DEB075948CB667FD8AD0ADC3E48D17083979BB2ED026BCAACC8346FCF7D8D1BD33928D0EC50EBA0241FE1167060F05B08126CA3793D4E43C270EFDDDFC57E0DCA2BEF646F7D0F3E09B2FC27F4080591F09ABBA7348F87D8062D055072085EDC28', X'019FE4C18B27987043308E0D0C234948766DC75D70BD0BF96B6B32086ABDB0D6C1AE92B60C432D94816BB39116010D123D0D5DF169B11E8EDB0599CC40F083DB1FFE704B3FF916E2B05FA3C0BFBFB31C3DDEDDA7C50E34A7D7641AE5B0F6BB');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15b9720c422e1ac68448fa', 'ws_6a995804cfb1ca4cecfc', 'key_0ddbc26aa1b042b6c393', 'adapter', 1792537993421, 151, X'019FE4C18B5F2967A9BFD7A48C489A8D8B3DA533E635980473FD0CD0B91586977EA6061D7215A5DDA7F871A4517E6ED96A54CD0CADE39411C18A37C03E8A4E74077C111724D79850EDEBA66A4FAB4028DC0AF093CCF67B3F4738A10654AF686599348EB336B50AB291DC03FB82FD8C39DC73B856E6EF714F7578', X'019FE4C18B72AD4206C50208C1F5C103CD4C1AD73A5032E6E6257A6B0C0DC6DB62473B0A69866C00AF45A0064A6D6CBF990BE7DEEBA74E4194AC4C7D20FE12970A2CAC2D35C3F5D5D82C4EFDBE68A4C87FD8D4D88A729176DB925CBD85C26C');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15b9720ce2383e7d69f139', 'ws_6a995804cfb1ca4cecfc', 'key_0ddbc26aa1b042b6c393', 'base', 1792537993426, 148, X'019FE4C18B6F7B8779919DD756EE23300EA951B726FEB8E42E53A6C84A39AD80FB02C2889F88D9D49446E2748C824E25F33F21FE1B17B45303EA4E139B0943269CDD637DCBDFD39410F02CB7431CA1B49D5D00B325BFB2E2630B521BCF275CD56EA29979D53997CBCE6BED4D9220D740C9CA94097E537C', X'019FE4C18BBCA7012BEEB8F370A88E6FBEDCD3A97084B3FB1019DA4CBB9D24B00E9C8379FCDBBB29869EA24C69F59C2C9711851C48E27390553C87A8B906A09CCF58F5B26A1CB5F2C6FAE5CEDA5AA43AAB9D95E38084641E0EEDBCA2E206D0');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15b9720d3db11ac798f348', 'ws_6a995804cfb1ca4cecfc', 'key_0ddbc26aa1b042b6c393', 'adapter', 1792537993441, 151, X'019FE4C18BD6CCB6FE11AB767610723D981D8B89606D7D34BA711674C0D0318F8A7229807F4E832D057371895719BF68F1577A95CA75C9F6591BC02D52D513810AEEDF8465AFF9C942EBAC466F3CB48C7C1310EF784BB7B65AE556BC4226D1A2AE6F3A1B681E911D0029E2EC1B5A2C075D6D89098C356CF67A75', X'019FE4C18B401630B152E0D3BCC4A5293B4645EEDAC1B17D39DAD08275CAFCF67B22E85CE344AB7B33EC06AECEAD8B87BCD9A6C315E24F0846B44DCA4B5347544365311C96108C83FD2FBCCF43B904D5F26239D0825B441B8B4592FD4659F1');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15b9720e2c73de0a262f71', 'ws_6a995804cfb1ca4cecfc', 'key_0ddbc26aa1b042b6c393', 'base', 1792537993446, 148, X'019FE4C18B4423A31446DAAFB7AA2EBA075DFF52BF8E3695F427A61DDA651BE631E86E88590BB73004A9925B9C5A3A200F5E9AF18CE5BA89874E463CC620A9D730305DC5489022B0C2C0683C63741FDA4D9ACB235CC67B38D45DC5C17F798CC9F02B0B5CE8C05DD8A4D1EDC4FFBC2D261133D85C7E5166', X'019FE4C18B65D6818D659B3DD7A0C744031D7701B072EBD4455702446F1E86D3434A8B81A18D0B4EF962740C8AE6EE9A46C0656B050B5196D049943476E0B75A533190742ABC3E7353DA665C0BF44D097659B8C9DDD94CF8C5788B952462EC');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15b9720e6d296d5f17cd31', 'ws_6a995804cfb1ca4cecfc', 'key_0ddbc26aa1b042b6c393', 'adapter', 1792537993450, 151, X'019FE4C18B28192524714E37A692B84B70AF30F06E8AB1C3E6838610C27136F0FCF20107D96A83E09052C13FD2E7A6686DC8D5AE4C7ADA66B9E82EB2B8009C4BAEC9E085B3C3706703F197C49E77EC48BF7FE8AE29782C2CA83B2DC6C03149E85A0833C8F59A6C84CC1B82BED9AD3FAF5795C089D5F2D0B658AA', X'019FE4C18B48055DC89A3817A1A3341B5581957F53AFF58BB8A65609FF16A438B09DDD339CD2E854BDBCC7674671C27E9410253F4CC9051591021C26E72682E2AA40D3F536B5C492199E5F95CE89D2783D0D273C736E90956F529928DB3509');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15b972100964e3395f37f0', 'ws_6a995804cfb1ca4cecfc', 'key_0ddbc26aa1b042b6c393', 'base', 1792537993479, 148, X'019FE4C18BC7690389E03FF505F8E192AF80A6559494AD62D10D1B97DB8922EA8ADD968F5F33F69D2D0CDE73D02C5531DC99A03AB7BCCC724462BA048C68019DE3EDFD1EFDE989E4864FE02FF898F6E4A52742B17BE281BF39EA3F682247AF992AF621C4AFC5B0204270E8F413A857CC771A7805D5B19C', X'019FE4C18B4E190C9B6318E4B9C2F36D30A1528E251CE731E4EDD99930F9EBEA32A9A01397C6AFFEFB9263C9FEDE57E9C81556F989FFC9962C95C9FDEDC72348753BA5213AF1F41E0BA6A0E333AFD8FBCFCDA3AD1A8C887BBF4173F2AAE9C6');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15b972108f78063371dacc', 'ws_6a995804cfb1ca4cecfc', 'key_86769009a01a2bb7427e', 'base', 1792537993485, 148, X'019FE4C18B091EEB62AA0EFE66320EEE4A64EA6CC92C5AFA72FA908628C439EB37126D2106FCD127D5EDFC0320A816E97D699FE24490F9A41A55B95E346FF40EA0C041B967202AD86065AF72B128AEE3C09CC5AA39D9BCFF59CF8758BCA4A993655AF1779A7CCF12DBEDB7468B9021044B24B695E184A5', X'019FE4C18BB2B010E90CEA2C646A9D42E0A9DE0F72D138CA18280A5B03DE91DF25B22BFD1FF9CCAD87B046F22338E6B78BDE36A5B95A50FA9F7B5DA796D6AC08210124FC2BDF93C239C6698B71345193446DC4D43BA6213D31B91D158799A0');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a20589030e024118ca3190c', 'ws_6a995804cfb1ca4cecfc', 'key_0ddbc26aa1b042b6c393', 'base', 1795389195035, 148, X'019FE4C18B10758A719EABBF006B6133484B861F05E4BF565746E99BDB2AC4695233E65B360A4FA07F92246EF7DD914B1AA4F18E956D3EEBD32F0D97085FD99DF4D4F31853F42483B8A50373252923E900FF6A1459EDCBE464226BFC4972F2893103773EE623ED61D76943CE5000B7D20C33FEABD49621', X'019FE4C18BD72CA5C2DF1C0C55CCEF2CF72B9B343E6CAA18AA1970912F668E7CB1BACE1BFFE00171E10241D25714C4E3920A941B9758921159113A83C9B316B1C2B6519ED25150D27CF4CBBB30D1872AF9C400089DB6159AB5025C21F16AA0');
