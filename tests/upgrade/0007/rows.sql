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
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (1, '0001_people', '0d7940ba83d2c315b636bb9b2f8787e046842c500d37017d7069ffd78358e1f4', 1792539052);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (2, '0002_ledger', 'bbcfcbc2feaae07f7ed6a12e244af401daad3aea25295c48456a78f1512e65f5', 1792539052);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (3, '0003_limits', 'e071a7242bef54eaacd95334b643d3e8a9473cae01f1c457620f1b63a474a1a0', 1792539052);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (4, '0004_billing', '467f759951bbe2336481b6e9c4d80915b18a324f891a1ccff5d9c8eb75e6593e', 1792539052);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (5, '0005_rotation', '4d11899bf33e4596360366f6a6b85da96c3576d1742fb7bc27d07e953c450939', 1792539052);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (6, '0006_sealed', '42b12cb4fa9a209a67a1c4786be5ec4adee4417f4ab8a8b37fead6903add008e', 1792539052);
INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (7, '0007_dialogs', '970f73f88756f77d5a2f68ae6e6dd1a4111501215747e60e96d6eb2d015fbd4a', 1792539052);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_bfd4e4776450a763ee4c', 'Default', 'CNY', 'postpaid', 1000000000000000, '', 0, '', '', '', 'active', 1792539052815);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_70a1756539c17aa2cfdf', 'shop', 'CNY', 'prepaid', 0, 'VAT', 60000, '', '', '', 'active', 1792539052916);
INSERT INTO account (id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, created_ms) VALUES ('acc_57731b0ae975d302027a', 'maps', 'CNY', 'prepaid', 0, '', 0, '', '', '', 'active', 1792539053619);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_ff3e62810421df6d9268', 'acc_bfd4e4776450a763ee4c', 'Default', 'active', 1, 0, 0, 0, 30, 0, 0, 1792539052815);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'shop', 'active', 1, 0, 0, 1, 3650, 0, 0, 1792539052916);
INSERT INTO workspace (id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, sandbox, created_ms) VALUES ('ws_763b217081c565fbfda8', 'acc_57731b0ae975d302027a', 'maps', 'active', 1, 0, 0, 0, 30, 0, 0, 1792539053619);
INSERT INTO person (id, email, name, is_operator, status, created_ms, password_hash, totp_secret, totp_confirmed, totp_last_step) VALUES ('usr_1249fc4057b20a37b5ac', NULL, 'Owner', 1, 'active', 1792539052815, NULL, NULL, 0, 0);
INSERT INTO person (id, email, name, is_operator, status, created_ms, password_hash, totp_secret, totp_confirmed, totp_last_step) VALUES ('usr_19fb0324bd881b5bfa7c', 'li@shop.test', 'Li', 0, 'active', 1792539052979, '$argon2id$v=19$m=65536,t=2,p=1$iBdXLCR4t4mJFoAy+XjmnQ$1JBchdIbvFc7Vqh8vFFmoNXi90F6nV2OHT0598LlaLI', X'19409E41DE0E0406706ADD8DE4C3C1FB40BB346A5D0371ECCC33BE3366D48E64FC6FA696C96C337DA7981A05D03F0F0CFBD53E6BEC4C89FAA425AB1F', 0, 0);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_ff3e62810421df6d9268', 'usr_1249fc4057b20a37b5ac', 'owner', 1792539052815);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_279d7006e3829513b066', 'usr_1249fc4057b20a37b5ac', 'owner', 1792539052916);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_279d7006e3829513b066', 'usr_19fb0324bd881b5bfa7c', 'billing', 1792539052979);
INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES ('ws_763b217081c565fbfda8', 'usr_1249fc4057b20a37b5ac', 'owner', 1792539053619);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_7213d8679b15850830d8', 'ws_ff3e62810421df6d9268', 'usr_1249fc4057b20a37b5ac', 'first', 'sk-579d', X'0FAF5A8FC82A4E4647DA0721BC97BB62F76F7EFC9C58FDD9CCE5791E979E1CEC', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792539052823, 0, 0, NULL, 0);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_cc46451cd98aae00d319', 'ws_279d7006e3829513b066', 'usr_1249fc4057b20a37b5ac', 'web', 'sk-e474', X'CC1C2F1E4C4B1E6F8A43233C4BAE27172883D54D918C064E29FAE4503CA97BFA', '{"models":["base","adapter"],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792539052952, 0, 0, X'FD21DA57A6132F034987D6C310000E9FC6FF2DEF24D3E78DA7A22F5DCBF802DF', 1792625452953);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_ace9265cd8d112f0af7c', 'ws_279d7006e3829513b066', 'usr_1249fc4057b20a37b5ac', 'old', 'sk-e845', X'FC0E5B3F640C7747E00F9D4D755B0004A8C8D26E9C30BC41F01F2D36DF816029', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1792539052952, 0, 1792539053871, NULL, 0);
INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms) VALUES ('key_54be469593d2a36949ae', 'ws_279d7006e3829513b066', 'usr_1249fc4057b20a37b5ac', 'slow', 'sk-d5b4', X'256F5F1F985BA5567E98A27824ED65A3D41BE54C9A039577E0045F4D8B068057', '{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]}', 1795390254468, 0, 0, NULL, 0);
INSERT INTO console_session (id, token_hash, person_id, method, ip, user_agent, created_ms, seen_ms, expires_ms) VALUES ('ses_976f801bbf460cf73d17', X'A879D0417538303F51D2D83C629C6927A814EE5D1BFBFBD97842AED4DBF8340D', 'usr_19fb0324bd881b5bfa7c', 'link', '127.0.0.1', '', 1792539052980, 1792539052980, 1792582252980);
INSERT INTO sign_in_link (token_hash, person_id, expires_ms) VALUES (X'238732A01C624E9E32DE013FADA33F567980E4DA06E5BDE584963404C2EE951F', 'usr_1249fc4057b20a37b5ac', 1792625452823);
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (1, 1792539052816, '', '', '', 'cloud.create', 'ws_ff3e62810421df6d9268', 'ws_ff3e62810421df6d9268', 'acc_bfd4e4776450a763ee4c', '{}', 'e91bf3adc2270e09d0a112d26341d04d4c002023cbcf86f06cc93a4441d3095f');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (2, 1792539052819, '', '', '', 'account.update', 'acc_bfd4e4776450a763ee4c', '', 'acc_bfd4e4776450a763ee4c', '{"billing":["prepaid","postpaid"],"credit_limit_micro":[0,1000000000000000]}', '4e0816a6e2aeb23ecc84ea6dedb0e9a2b4a4f5952ca9af0b7877af7531fd0249');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (3, 1792539052823, '', '', '', 'link.create', 'usr_1249fc4057b20a37b5ac', '', '', '{}', '7b0565ebebfe476aa2a4b3527b52add12996bdc1ae302c482617e7f8cbabc17e');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (4, 1792539052827, '', '', '', 'key.create', 'key_7213d8679b15850830d8', 'ws_ff3e62810421df6d9268', 'acc_bfd4e4776450a763ee4c', '{"name":"first","person":"usr_1249fc4057b20a37b5ac","hint":"sk-579d","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', 'eaf451aeea7308654371e3f1f93964608dc9e4279bb96e0c6353ce783e3e79d5');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (5, 1792539052887, '', 'local', '127.0.0.1', 'price.load', 'before', '', '', '{"toml":"version = \"before\"\n[[price]]\nmodel = \"*\"\ncurrency = \"CNY\"\nfrom = \"2020-01-01\"\ninput = 1_000_000_000\noutput = 10_000_000_000\n[[free]]\nid = \"welcome\"\nmodel = \"adapter\"\ntokens = 5\nfrom = \"2020-01-01\"\n"}', '402581b117b618c7fcc9b5e64da929e040d939b41139e0478c49853f8643ef31');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (6, 1792539052915, '', 'local', '127.0.0.1', 'billing.change', '', '', '', '{"seller_name":"Cloud Ltd","number_prefix":"CL","cost_currency":"CNY","cpu_hour_micro":1000000}', '4d745e9f1a59de53443def84f56d0e431e2c339f5683d7fd4f4fe492f5e4ce7c');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (7, 1792539052916, '', 'local', '127.0.0.1', 'account.create', 'acc_70a1756539c17aa2cfdf', '', 'acc_70a1756539c17aa2cfdf', '{"name":"shop","currency":"CNY","billing":"prepaid","credit_limit_micro":0,"tax_name":"","tax_ppm":0,"tax_number":"","address":"","email":"","status":"active"}', '6caab8cd2889d5391ad90e875765a1ce30e4b094e28a1366294678bcbfae386e');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (8, 1792539052916, '', 'local', '127.0.0.1', 'workspace.create', 'ws_279d7006e3829513b066', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"name":"shop","status":"active","weight":1,"priority":0,"share_prefix":false,"store_prompts":false,"retention_days":30,"discount_ppm":0,"sandbox":false,"owner":"usr_1249fc4057b20a37b5ac"}', '5ccd73445862766cdf3df5f0be638071060e4df07f084000bc49dcf6b4b75ad3');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (9, 1792539052919, '', 'local', '127.0.0.1', 'money.top_up', '1', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"amount_micro":50000000,"note":"Überweisung 17; ''in quotes''","workspace_id":"ws_279d7006e3829513b066"}', 'b31d46632ae0157782950f822b3141bd001a5ecadc92298308855dd7bf8c84f2');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (10, 1792539052939, '', 'local', '127.0.0.1', 'money.adjust', '2', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"amount_micro":1000000,"kind":"promotion","note":"welcome","workspace_id":"ws_279d7006e3829513b066"}', 'f19801c733e6cea92cdc1205f48fedb21445e8da1774c8620eb7d33047d039f6');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (11, 1792539052943, '', 'local', '127.0.0.1', 'account.update', 'acc_70a1756539c17aa2cfdf', '', 'acc_70a1756539c17aa2cfdf', '{"tax_name":["","VAT"],"tax_ppm":[0,60000]}', '274a79c4f2f42b53033f836751d2120a74507b46af0d18333309cba5a6d66f0d');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (12, 1792539052951, '', 'local', '127.0.0.1', 'workspace.update', 'ws_279d7006e3829513b066', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"store_prompts":[false,true],"retention_days":[30,3650]}', '0d90c707d19e833072477e669bb5fde3b8682d869e8371bfb373dcb041c0b97d');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (13, 1792539052951, '', 'local', '127.0.0.1', 'limit.set', 'ws_279d7006e3829513b066', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"requests_per_minute":6000,"tokens_per_minute":0,"workspace_id":"ws_279d7006e3829513b066"}', 'd4441ab8ad897cc1dc005d99ab263bc7001b4e1fa3e8d0bc507860bb28169a0f');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (14, 1792539052952, '', 'local', '127.0.0.1', 'key.create', 'key_cc46451cd98aae00d319', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"name":"web","person":"usr_1249fc4057b20a37b5ac","hint":"sk-c4d4","scopes":{"models":["base","adapter"],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '57e1d087e1e88a9b80081acd8256a2e2fa316754c30676199a092d304eb84a37');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (15, 1792539052952, '', 'local', '127.0.0.1', 'key.create', 'key_cc46451cd98aae00d319', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"name":"web","limits":{"requests_per_minute":6000},"models":["base","adapter"],"workspace_id":"ws_279d7006e3829513b066"}', '3ea7f13036cafdab251d47d68f63851b468ec2ed13a737491aeb7c42ed3b174c');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (16, 1792539052952, '', 'local', '127.0.0.1', 'key.create', 'key_ace9265cd8d112f0af7c', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"name":"old","person":"usr_1249fc4057b20a37b5ac","hint":"sk-e845","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '726492359ccd70fcdca2124699d2fcc27d095e9fe779848da303fc5872204880');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (17, 1792539052952, '', 'local', '127.0.0.1', 'key.create', 'key_ace9265cd8d112f0af7c', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"name":"old","workspace_id":"ws_279d7006e3829513b066"}', '941371eabee4f2b36e54f4fb9aeecb8c04ee0cbc18f0c2841cbe57c581e1bb0e');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (18, 1792539052953, '', 'local', '127.0.0.1', 'key.rotate', 'key_cc46451cd98aae00d319', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"overlap_ms":86400000}', '0dcf6e1d015ad841f0378993ce2da01a1277e3c21890036c4b821c49a30af9df');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (19, 1792539052967, '', 'local', '127.0.0.1', 'budget.create', 'bud_b4f660b50b9f92b7b8ad6e9d', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"amount_micro":10000,"period":"total","hard":false,"alerts_percent":["50"],"webhook_secret":"(secret)","workspace_id":"ws_279d7006e3829513b066"}', 'd3a6d21b3508411d71985dc474045d098e37c0f759547ea5c60da6b6f060bbaa');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (20, 1792539052979, '', 'local', '127.0.0.1', 'person.create', 'usr_19fb0324bd881b5bfa7c', '', '', '{"email":"li@shop.test","name":"Li","operator":false,"status":"active"}', 'c2c8637465bffb0459c9585f913914e15b731ea52cf353149d162973827062d2');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (21, 1792539052979, '', 'local', '127.0.0.1', 'link.create', 'usr_19fb0324bd881b5bfa7c', '', '', '{}', '3bb5462409286701995dc80aa97f787f581193e0f082920cdaf4107f3adf673c');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (22, 1792539052979, '', 'local', '127.0.0.1', 'member.set', 'usr_19fb0324bd881b5bfa7c', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"role":[null,"billing"]}', 'fb146ac531f162fd3cd8bc30f5a02eca49c8a0018341e05dad3c51d8ce0d5eff');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (23, 1792539052980, 'usr_19fb0324bd881b5bfa7c', '', '127.0.0.1', 'session.begin', 'usr_19fb0324bd881b5bfa7c', '', '', '{"method":"link"}', 'cae32c304983a347e1b31d55d4e23d0ebb44f1ee5cb19b1d0e796fb8117410a4');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (24, 1792539053591, 'usr_19fb0324bd881b5bfa7c', '', '127.0.0.1', 'password.set', 'usr_19fb0324bd881b5bfa7c', '', '', '{}', '946181e12bf6a7edc6057fb113cf980ac81fe557b0fc206b719d35f64912477d');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (25, 1792539053614, 'usr_19fb0324bd881b5bfa7c', '', '127.0.0.1', 'totp.begin', 'usr_19fb0324bd881b5bfa7c', '', '', '{}', 'ccff37929494c0e1a1e400e740147e0c21154550e62a1d1bcba85f20ac59fa33');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (26, 1792539053619, '', 'local', '127.0.0.1', 'account.create', 'acc_57731b0ae975d302027a', '', 'acc_57731b0ae975d302027a', '{"name":"maps","currency":"CNY","billing":"prepaid","credit_limit_micro":0,"tax_name":"","tax_ppm":0,"tax_number":"","address":"","email":"","status":"active"}', '8d40780f53fffa20c7684111f9a74f41188eddaa6047f1c140ceb48e42d52378');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (27, 1792539053619, '', 'local', '127.0.0.1', 'workspace.create', 'ws_763b217081c565fbfda8', 'ws_763b217081c565fbfda8', 'acc_57731b0ae975d302027a', '{"name":"maps","status":"active","weight":1,"priority":0,"share_prefix":false,"store_prompts":false,"retention_days":30,"discount_ppm":0,"sandbox":false,"owner":"usr_1249fc4057b20a37b5ac"}', '731624104d4f9393f103eb9fc94e47ec8d332699173c8778d7561dbb0c859b8c');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (28, 1792539053620, '', 'local', '127.0.0.1', 'partner.create', 'prt_9fb38b464d15698faa9f', '', '', '{"name":"Maps Ltd","account_id":"acc_57731b0ae975d302027a"}', '6a667670af126eb657c902fc9d57c8e717232f51c201374fab16e9f12be4f054');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (29, 1792539053620, '', 'local', '127.0.0.1', 'offering.create', 'off_d2b6261e72a51cbfc835', '', 'acc_57731b0ae975d302027a', '{"kind":"model","name":"adapter","share_ppm":300000,"partner_id":"prt_9fb38b464d15698faa9f"}', 'ddeed2af885f88fe9ae5d7e4ea7f82cd09ee6943af4107d336d3a592b32b4492');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (30, 1792539053621, '', 'local', '127.0.0.1', 'offering.submit', 'off_d2b6261e72a51cbfc835', '', 'acc_57731b0ae975d302027a', '{"offering_id":"off_d2b6261e72a51cbfc835","partner_id":"prt_9fb38b464d15698faa9f"}', '6f778d9e19a0f9b5b164fb5982a907ac8af3bcb66fcd55aaf6f9bf61ccc7c627');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (31, 1792539053623, '', 'local', '127.0.0.1', 'offering.review', 'off_d2b6261e72a51cbfc835', '', 'acc_57731b0ae975d302027a', '{"list":true,"note":"good","offering_id":"off_d2b6261e72a51cbfc835","partner_id":"prt_9fb38b464d15698faa9f"}', '4acf095de440e1b45afeea95459f3a91ba83cacf15cb3583ccfd8f253b8321a2');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (32, 1792539053871, '', 'local', '127.0.0.1', 'key.revoke', 'key_ace9265cd8d112f0af7c', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{}', '881ff43e7e48318225526dac43bd0ffc7a301322a1817a312caca14f7603886b');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (33, 1795390254031, '', 'local', '127.0.0.1', 'invoice.issue', 'inv_2c474d963f7980305dfb', '', 'acc_70a1756539c17aa2cfdf', '{"month":"2026-10","account_id":"acc_70a1756539c17aa2cfdf"}', 'acb7d4718f07ec48cb560000e63ee2a2fe58a7587e8b2256eb64cd7e4a155183');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (34, 1795390254035, '', 'local', '127.0.0.1', 'invoice.credit', 'cn_922fa8c925e1cae09cd9', '', 'acc_70a1756539c17aa2cfdf', '{"line":1,"amount_micro":1000,"reason":"outage","account_id":"acc_70a1756539c17aa2cfdf","invoice_id":"inv_2c474d963f7980305dfb"}', '4fa36019fb0e6e82095a7ef85aaf1281bd7659db42e2c89d5a523e197053c0b5');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (35, 1795390254038, '', 'local', '127.0.0.1', 'payout.create', 'pay_72f1ed42c3897e87d209', '', 'acc_57731b0ae975d302027a', '{"currency":"CNY","amount_micro":1000,"note":"first","partner_id":"prt_9fb38b464d15698faa9f"}', 'd07977cd021580c0254091b2d91b0a58f4ebe1bb7b8a0f44f8a134106a50ef3c');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (36, 1795390254351, '', 'local', '127.0.0.1', 'backup.create', 'backup-1795390254215.tar', '', '', '{}', '7d3280df8c044d0b5b69ebe0a49aad9aa47783d8f00d15a7d40dcfeeff2299eb');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (37, 1795390254359, '', 'local', '127.0.0.1', 'backup.read', 'backup-1795390254215.tar', '', '', '{"offset":0}', '382d2605a9c918a391ede4f68496503917863540e2a7944f76a817865557b626');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (38, 1795390254391, '', 'local', '127.0.0.1', 'backup.read', 'backup-1795390254215.tar', '', '', '{"offset":486912}', 'a816c1447030a798f779090424a12a942f1781304ce7894bf231442757157514');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (39, 1795390254427, '', 'local', '127.0.0.1', 'backup.delete', 'backup-1795390254215.tar', '', '', '{"name":"backup-1795390254215.tar"}', '0875d16d91862ea9b0ba63f5d6df075ec999680eeba1c9d016b98f16877af780');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (40, 1795390254468, '', 'local', '127.0.0.1', 'key.create', 'key_54be469593d2a36949ae', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"name":"slow","person":"usr_1249fc4057b20a37b5ac","hint":"sk-d5b4","scopes":{"models":[],"endpoints":[],"ip_ranges":[],"apps":[]},"expires_ms":0}', '1734c7127d4021843f895562a3e117d36bd5e178cac17065ab2315cce3f894c8');
INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash) VALUES (41, 1795390254468, '', 'local', '127.0.0.1', 'key.create', 'key_54be469593d2a36949ae', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', '{"name":"slow","workspace_id":"ws_279d7006e3829513b066"}', 'f3308108923786ba6c24242e2288c604f1e039c6cfd8d1ac40c486dbb9ba1d13');
INSERT INTO audit_head (one, id, hash) VALUES (1, 41, 'f3308108923786ba6c24242e2288c604f1e039c6cfd8d1ac40c486dbb9ba1d13');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (1, 'top_up', 'admin:top_up:ws_279d7006e3829513b066:514283aa01532fae041f018d77d996c1', '', 'ws_279d7006e3829513b066', 1792539052916, 'Überweisung 17; ''in quotes''');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (2, 'promotion', 'admin:adjust:ws_279d7006e3829513b066:8686ccc348b9485e8cb08a90e30d9351', '', 'ws_279d7006e3829513b066', 1792539052939, 'welcome');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (3, 'settle', 'rcp_1a15ba74e3b5cd0ed0dedd2f', 'rcp_1a15ba74e3b5cd0ed0dedd2f', 'ws_279d7006e3829513b066', 1792539053644, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (4, 'settle', 'rcp_1a15ba74e5bb091ae7a4f598', 'rcp_1a15ba74e5bb091ae7a4f598', 'ws_279d7006e3829513b066', 1792539053668, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (5, 'settle', 'rcp_1a15ba74e6531d93117690fe', 'rcp_1a15ba74e6531d93117690fe', 'ws_279d7006e3829513b066', 1792539053691, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (6, 'settle', 'rcp_1a15ba74e83616c8781ecd40', 'rcp_1a15ba74e83616c8781ecd40', 'ws_279d7006e3829513b066', 1792539053712, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (7, 'settle', 'rcp_1a15ba74e93d4d44e3c433c0', 'rcp_1a15ba74e93d4d44e3c433c0', 'ws_279d7006e3829513b066', 1792539053736, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (8, 'settle', 'rcp_1a15ba74eb5c68446996d4fc', 'rcp_1a15ba74eb5c68446996d4fc', 'ws_279d7006e3829513b066', 1792539053763, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (9, 'settle', 'rcp_1a15ba74edf31299eadb2cbc', 'rcp_1a15ba74edf31299eadb2cbc', 'ws_279d7006e3829513b066', 1792539053815, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (10, 'settle', 'rcp_1a15ba74f023c2e686aad1d4', 'rcp_1a15ba74f023c2e686aad1d4', 'ws_279d7006e3829513b066', 1792539053837, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (11, 'settle', 'rcp_1a15ba74f135e71d36b87ea1', 'rcp_1a15ba74f135e71d36b87ea1', 'ws_279d7006e3829513b066', 1792539053867, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (12, 'credit_note', 'credit_note:cn_922fa8c925e1cae09cd9', '', 'ws_279d7006e3829513b066', 1795390254035, 'CL-CN-2026-000001: outage');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (13, 'pay_out', 'pay_out:pay_72f1ed42c3897e87d209', '', '', 1795390254037, 'pay_72f1ed42c3897e87d209: first');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (14, 'settle', 'rcp_1a205992bdb5001c7f02bc63', 'rcp_1a205992bdb5001c7f02bc63', 'ws_279d7006e3829513b066', 1795390254079, '');
INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) VALUES (15, 'hold', 'hold:rcp_1a205992d8bcab87ffaf5044', 'rcp_1a205992d8bcab87ffaf5044', 'ws_279d7006e3829513b066', 1795390255507, '');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (1, 1, 'platform:cash', -50000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (1, 2, 'ws:ws_279d7006e3829513b066:available', 50000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (2, 1, 'ws:ws_279d7006e3829513b066:available', 1000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (2, 2, 'platform:promotions', -1000000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (3, 1, 'ws:ws_279d7006e3829513b066:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (3, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 1, 'ws:ws_279d7006e3829513b066:available', -87000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 2, 'partner:prt_9fb38b464d15698faa9f:payable', 26100, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (4, 3, 'platform:revenue', 60900, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (5, 1, 'ws:ws_279d7006e3829513b066:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (5, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 1, 'ws:ws_279d7006e3829513b066:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 2, 'partner:prt_9fb38b464d15698faa9f:payable', 27600, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (6, 3, 'platform:revenue', 64400, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (7, 1, 'ws:ws_279d7006e3829513b066:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (7, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 1, 'ws:ws_279d7006e3829513b066:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 2, 'partner:prt_9fb38b464d15698faa9f:payable', 27600, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (8, 3, 'platform:revenue', 64400, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (9, 1, 'ws:ws_279d7006e3829513b066:available', -102000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (9, 2, 'platform:revenue', 102000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (10, 1, 'ws:ws_279d7006e3829513b066:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (10, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (11, 1, 'ws:ws_279d7006e3829513b066:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (11, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (12, 1, 'platform:credit_notes', -1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (12, 2, 'ws:ws_279d7006e3829513b066:available', 1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (13, 1, 'partner:prt_9fb38b464d15698faa9f:payable', -1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (13, 2, 'platform:cash', 1000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (14, 1, 'ws:ws_279d7006e3829513b066:available', -92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (14, 2, 'platform:revenue', 92000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (15, 1, 'ws:ws_279d7006e3829513b066:available', -40972000, 'CNY');
INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES (15, 2, 'ws:ws_279d7006e3829513b066:reserved', 40972000, 'CNY');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:cash', 'CNY', -49999000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('ws:ws_279d7006e3829513b066:available', 'CNY', 9104000, 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:promotions', 'CNY', -1000000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:revenue', 'CNY', 843700, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('partner:prt_9fb38b464d15698faa9f:payable', 'CNY', 80300, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('platform:credit_notes', 'CNY', -1000, '', '');
INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES ('ws:ws_279d7006e3829513b066:reserved', 'CNY', 40972000, 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf');
INSERT INTO ledger_hold (receipt_id, workspace_id, amount_micro, currency) VALUES ('rcp_1a205992d8bcab87ffaf5044', 'ws_279d7006e3829513b066', 40972000, 'CNY');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15ba74e3b5cd0ed0dedd2f', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'key_cc46451cd98aae00d319', 'base', '', '', 'req_1466bbf7790ebeb04e03a120', 1792539053627, 1792539053644, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15ba74e5bb091ae7a4f598', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'key_cc46451cd98aae00d319', 'adapter', '', 'prt_9fb38b464d15698faa9f', 'req_6455cf1487c89931faf22582', 1792539053659, 1792539053668, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,5,1000000000,7000],["output",8,0,10000000000,80000]]', 87000, 26100, 5, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15ba74e6531d93117690fe', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'key_cc46451cd98aae00d319', 'base', '', '', 'req_d65ed788e51c8dea511f96d9', 1792539053669, 1792539053691, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15ba74e83616c8781ecd40', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'key_cc46451cd98aae00d319', 'adapter', '', 'prt_9fb38b464d15698faa9f', 'req_1f29d65d19ca3a51026f6aea', 1792539053699, 1792539053712, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 27600, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15ba74e93d4d44e3c433c0', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'key_cc46451cd98aae00d319', 'base', '', '', 'req_985c019f62e8ffa03b39ad2f', 1792539053715, 1792539053736, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15ba74eb5c68446996d4fc', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'key_cc46451cd98aae00d319', 'adapter', '', 'prt_9fb38b464d15698faa9f', 'req_2772c64f7db035d99a029493', 1792539053749, 1792539053763, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 27600, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15ba74edf31299eadb2cbc', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'key_cc46451cd98aae00d319', 'base', '', '', 'req_8ff71b54e8312aab7f651d01', 1792539053791, 1792539053815, 0, 0, 12, 0, 0, 9, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",9,0,10000000000,90000]]', 102000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15ba74f023c2e686aad1d4', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'key_cc46451cd98aae00d319', 'base', '', '', 'req_ad05d34d36684c9770aebea9', 1792539053826, 1792539053837, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a15ba74f135e71d36b87ea1', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'key_ace9265cd8d112f0af7c', 'base', '', '', 'req_44c1379948dcdc0cea762949', 1792539053843, 1792539053867, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO receipt (id, workspace_id, account_id, key_id, model, app, partner_id, request_id, started_ms, ended_ms, end_reason, batch, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, lines, amount_micro, partner_micro, free_units, discount_ppm, currency, price_version) VALUES ('rcp_1a205992bdb5001c7f02bc63', 'ws_279d7006e3829513b066', 'acc_70a1756539c17aa2cfdf', 'key_cc46451cd98aae00d319', 'base', '', '', 'req_d8e2e0c89f857f8a43f67002', 1795390254043, 1795390254079, 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, '[["input",12,0,1000000000,12000],["output",8,0,10000000000,80000]]', 92000, 0, 0, 0, 'CNY', 'before');
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_279d7006e3829513b066', 1792539000000, 'key_cc46451cd98aae00d319', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 41, 0, 0, 0, 0, 0, 0, 0, 470000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_279d7006e3829513b066', 1792539000000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 49, 0, 0, 0, 0, 0, 0, 0, 562000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1792539000000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 49, 0, 0, 0, 0, 0, 0, 0, 562000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_279d7006e3829513b066', 1792537200000, 'key_cc46451cd98aae00d319', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 41, 0, 0, 0, 0, 0, 0, 0, 470000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_279d7006e3829513b066', 1792537200000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 49, 0, 0, 0, 0, 0, 0, 0, 562000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1792537200000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 49, 0, 0, 0, 0, 0, 0, 0, 562000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_279d7006e3829513b066', 1792454400000, 'key_cc46451cd98aae00d319', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 41, 0, 0, 0, 0, 0, 0, 0, 470000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_279d7006e3829513b066', 1792454400000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 49, 0, 0, 0, 0, 0, 0, 0, 562000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1792454400000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 49, 0, 0, 0, 0, 0, 0, 0, 562000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_279d7006e3829513b066', 1790812800000, 'key_cc46451cd98aae00d319', 'base', '', '', 'CNY', 5, 0, 60, 0, 0, 41, 0, 0, 0, 0, 0, 0, 0, 470000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_279d7006e3829513b066', 1790812800000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 49, 0, 0, 0, 0, 0, 0, 0, 562000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1790812800000, '', 'base', '', '', 'CNY', 6, 0, 72, 0, 0, 49, 0, 0, 0, 0, 0, 0, 0, 562000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_279d7006e3829513b066', 1792539000000, 'key_cc46451cd98aae00d319', 'adapter', '', 'prt_9fb38b464d15698faa9f', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_279d7006e3829513b066', 1792539000000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1792539000000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_279d7006e3829513b066', 1792537200000, 'key_cc46451cd98aae00d319', 'adapter', '', 'prt_9fb38b464d15698faa9f', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_279d7006e3829513b066', 1792537200000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1792537200000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_279d7006e3829513b066', 1792454400000, 'key_cc46451cd98aae00d319', 'adapter', '', 'prt_9fb38b464d15698faa9f', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_279d7006e3829513b066', 1792454400000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1792454400000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_279d7006e3829513b066', 1790812800000, 'key_cc46451cd98aae00d319', 'adapter', '', 'prt_9fb38b464d15698faa9f', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_279d7006e3829513b066', 1790812800000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1790812800000, '', 'adapter', '', '', 'CNY', 3, 0, 36, 0, 0, 24, 0, 0, 0, 0, 0, 0, 5, 271000, 81300);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_279d7006e3829513b066', 1792539000000, 'key_ace9265cd8d112f0af7c', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_279d7006e3829513b066', 1792537200000, 'key_ace9265cd8d112f0af7c', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_279d7006e3829513b066', 1792454400000, 'key_ace9265cd8d112f0af7c', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_279d7006e3829513b066', 1790812800000, 'key_ace9265cd8d112f0af7c', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 0, 'ws_279d7006e3829513b066', 1795390200000, 'key_cc46451cd98aae00d319', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 1, 'ws_279d7006e3829513b066', 1795390200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (0, 2, '', 1795390200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 0, 'ws_279d7006e3829513b066', 1795388400000, 'key_cc46451cd98aae00d319', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 1, 'ws_279d7006e3829513b066', 1795388400000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (1, 2, '', 1795388400000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 0, 'ws_279d7006e3829513b066', 1795305600000, 'key_cc46451cd98aae00d319', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 1, 'ws_279d7006e3829513b066', 1795305600000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (2, 2, '', 1795305600000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 0, 'ws_279d7006e3829513b066', 1793491200000, 'key_cc46451cd98aae00d319', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 1, 'ws_279d7006e3829513b066', 1793491200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) VALUES (3, 2, '', 1793491200000, '', 'base', '', '', 'CNY', 1, 0, 12, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 92000, 0);
INSERT INTO free_use (workspace_id, free_id, model, used_units) VALUES ('ws_279d7006e3829513b066', 'welcome', 'adapter', 5);
INSERT INTO price_book (version, loaded_ms, actor, toml) VALUES ('before', 1792539052887, 'local', 'version = "before"
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
INSERT INTO budget (id, workspace_id, scope, subject, period, amount_micro, hard, alerts_ppm, webhook_url, webhook_secret, created_ms, webhook_sealed) VALUES ('bud_b4f660b50b9f92b7b8ad6e9d', 'ws_279d7006e3829513b066', 0, '', 2, 10000, 0, '500000', '', '', 1792539052953, X'015BC33D143169A59B46BC00AD18A4C88901BFA28F20869EA09AE2BA0C0996D9B0F5A853920A');
INSERT INTO budget_use (budget_id, period_start_ms, spent_micro) VALUES ('bud_b4f660b50b9f92b7b8ad6e9d', 0, 925000);
INSERT INTO budget_alert (id, budget_id, workspace_id, period_start_ms, threshold_ppm, spent_micro, amount_micro, created_ms, delivered_ms, attempts, last_error) VALUES ('alr_457e9a2b1014398ffc662d27', 'bud_b4f660b50b9f92b7b8ad6e9d', 'ws_279d7006e3829513b066', 0, 500000, 92000, 10000, 1792539053644, 0, 0, '');
INSERT INTO idempotency_claim (claim, receipt_id, claimed_ms) VALUES ('bba9279bd5f791211e2a9b5793fd2d58', 'rcp_1a15ba74f023c2e686aad1d4', 1792539053826);
INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_70a1756539c17aa2cfdf', 'workspace', 'ws_279d7006e3829513b066', '*', 6000, 0, 0, 0);
INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_70a1756539c17aa2cfdf', 'key', 'key_cc46451cd98aae00d319', '*', 6000, 0, 0, 0);
INSERT INTO billing_settings (id, document) VALUES (1, '{"seller_name":"Cloud Ltd","seller_address":"","seller_tax_id":"","number_prefix":"CL","series_per_account":false,"tax_included":true,"due_days":30,"note":"","cost_currency":"CNY","cpu_hour_micro":1000000,"kwh_micro":0,"cpu_milliwatts":0}');
INSERT INTO number_series (name, last_number) VALUES ('CL-2026', 1);
INSERT INTO number_series (name, last_number) VALUES ('CL-CN-2026', 1);
INSERT INTO invoice (id, number, account_id, month, currency, issued_ms, due_ms, payable_micro, document, document_sha256) VALUES ('inv_2c474d963f7980305dfb', 'CL-2026-000001', 'acc_70a1756539c17aa2cfdf', '2026-10', 'CNY', 1795390254027, 0, 830000, '{"id":"inv_2c474d963f7980305dfb","number":"CL-2026-000001","account_id":"acc_70a1756539c17aa2cfdf","month":"2026-10","issued_ms":1795390254027,"due_ms":0,"seller":{"name":"Cloud Ltd","address":"","tax_id":""},"buyer":{"name":"shop","address":"","tax_id":""},"currency":"CNY","tax":{"name":"VAT","ppm":60000,"included":true},"lines":[{"number":1,"workspace_id":"ws_279d7006e3829513b066","workspace":"shop","model":"adapter","kind":"input","units":36,"amount_micro":31000},{"number":2,"workspace_id":"ws_279d7006e3829513b066","workspace":"shop","model":"adapter","kind":"output","units":24,"amount_micro":240000},{"number":3,"workspace_id":"ws_279d7006e3829513b066","workspace":"shop","model":"base","kind":"input","units":72,"amount_micro":72000},{"number":4,"workspace_id":"ws_279d7006e3829513b066","workspace":"shop","model":"base","kind":"output","units":49,"amount_micro":490000}],"charges_micro":833000,"tax_micro":47151,"total_micro":833000,"rounding_micro":-3000,"payable_micro":830000,"payable":"0.83","note":""}', '3855f1edfa0dd1b01e5bae11ea5936325743f0611b118186efa9b1a9131aa2e0');
INSERT INTO credit_note (id, number, idempotency_key, invoice_id, line, currency, amount_micro, total_micro, issued_ms, posted, document) VALUES ('cn_922fa8c925e1cae09cd9', 'CL-CN-2026-000001', 'admin:credit:inv_2c474d963f7980305dfb:c8acbbb64efc61263e3fb28fc8cf3f39', 'inv_2c474d963f7980305dfb', 1, 'CNY', 1000, 1000, 1795390254035, 1, '{"id":"cn_922fa8c925e1cae09cd9","number":"CL-CN-2026-000001","invoice_id":"inv_2c474d963f7980305dfb","invoice_number":"CL-2026-000001","account_id":"acc_70a1756539c17aa2cfdf","line":1,"workspace_id":"ws_279d7006e3829513b066","currency":"CNY","amount_micro":1000,"tax_micro":57,"total_micro":1000,"reason":"outage","issued_ms":1795390254035}');
INSERT INTO partner (id, name, account_id, sandbox_workspace_id, status, created_ms) VALUES ('prt_9fb38b464d15698faa9f', 'Maps Ltd', 'acc_57731b0ae975d302027a', '', 'active', 1792539053620);
INSERT INTO offering (id, partner_id, kind, name, title, share_ppm, state, review_note, reviewed_by, created_ms, changed_ms) VALUES ('off_d2b6261e72a51cbfc835', 'prt_9fb38b464d15698faa9f', 'model', 'adapter', '', 300000, 'listed', 'good', 'local', 1792539053620, 1792539053623);
INSERT INTO payout (id, idempotency_key, partner_id, currency, amount_micro, note, paid_ms, posted) VALUES ('pay_72f1ed42c3897e87d209', 'admin:pay_out:prt_9fb38b464d15698faa9f:e7595a7b06aac35e72acbe312fd56ae8', 'prt_9fb38b464d15698faa9f', 'CNY', 1000, 'first', 1795390254037, 1);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_279d7006e3829513b066', 1790812800000, 'base', 0, 'CNY', 72, 72000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_279d7006e3829513b066', 1790812800000, 'base', 3, 'CNY', 49, 490000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_279d7006e3829513b066', 1790812800000, 'adapter', 0, 'CNY', 36, 31000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_279d7006e3829513b066', 1790812800000, 'adapter', 3, 'CNY', 24, 240000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_279d7006e3829513b066', 1793491200000, 'base', 0, 'CNY', 12, 12000);
INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES ('ws_279d7006e3829513b066', 1793491200000, 'base', 3, 'CNY', 8, 80000);
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15ba74e3b5cd0ed0dedd2f', 'ws_279d7006e3829513b066', 'key_cc46451cd98aae00d319', 'base', 1792539053651, 148, X'015BC33D143A217305666708D4E6312DA21EE5B1753C7B49A082B2B2FBA6124A9FC02625BBD997204AFB61A7E0F44721B057D7F3889840936E7876940F474434CF190DEA6266C7E06B16272C814FC537B50A10A73582FD3D1B369A99A08C3F4BC7AB02FA6CAFC77BE723B2629DEC920CB1D9F7C8B0EDB8', X'015BC33D147E32FA0E076D5D4A9B5E5E9E9267DBFD5043AE0404905FDA8E8BA2374670CB8C66F6C18AE1A9D1FA3DC14DAEA2F409B70F08B5A6CBB98BAB3C5A7AF3F2AF60CDB1CDA1EAEEE9D502A87FEE5551EF97C3DE7A70F0C7A6ACA2CEA3');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15ba74e5bb091ae7a4f598', 'ws_279d7006e3829513b066', 'key_cc46451cd98aae00d319', 'adapter', 1792539053668, 151, X'015BC33D144A7B3C83367C34B25BF027D204D7FDC0C1A63D57A825AB3762810EAE4AF97032C66BE7AF3876F251AD2DB2FC9EA830BED51BBF53B79A2CDE9F21A08E7A27F0248A2B3797DBA982374BC427C64F75AD77BD1F664C08E9AD2A67A9964B8BCD8C07E89CA1FDF3FC1978B18E91049388766128A8927A2B', X'015BC33D141A15AB80016D35815021E0A4A0226977B0A37DE1CABF0DE98EAC04362C74E81D5FDA23E1DCB76550EEB3DB28CF928449D2AD7AB5364A989AF7109A5E100DF5512EF848ACBDFA2CBD4D226F7FD69CDBAA5C7D93D624B66F96EB82');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15ba74e6531d93117690fe', 'ws_279d7006e3829513b066', 'key_cc46451cd98aae00d319', 'base', 1792539053691, 148, X'015BC33D14FDB4AC5A76F398FEDDAFBE136EAA7B02AD08142B76F1987D5E173A9E44D5D4C388F9CA11ABC5FA1E723F5921533CD0E40B6F92949A6B6A0E879D7BA4337B131AC079125C33679E6671E9869EA18D2BE879ACFE782012EFECF13CB52513F77A002E1E493C78DEA443FB0B40C094574EE9DE3A', X'015BC33D14F3AD8ACA204FE1DF3DF11B015614DD3CE23F6F64C70BCB86F122AAAE6578BA4536E416C5D01F626B232C01488767379AFCB42892DEE870D69F258251F93AC3F39F3AE6C066F8A2DD636DA20CFE8813D0C312384BE765905DD69B');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15ba74e83616c8781ecd40', 'ws_279d7006e3829513b066', 'key_cc46451cd98aae00d319', 'adapter', 1792539053712, 151, X'015BC33D14827AD9BCD9D92F4D8E1E6FFEBEE444E29A203D400804B09DCB99EF86AD04412FF52D5E3C8976B66477C95215759A0E7FB10D7D1E63562ADC2C677C6D1F4D09C3533624E8940E91667DC8A0BEA7FFD1F14D0A82ECAC7E5BB4C2671DC1A9929B5FBA308036542E545D63BCCE70BC923F1779E2420001', X'015BC33D1498E7B15A450BD142BA0C5F10927C1E1DC33A1CE065A3414DF19A676F99F5FC473B4FC7AE38DD09ED157FEC56E8A9D5093994F08F428AEEAA8ED95520A68C2217D2495C60C8DB2E89E353CEB843C6039D5BCC4E485EA0C14FD77B');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15ba74e93d4d44e3c433c0', 'ws_279d7006e3829513b066', 'key_cc46451cd98aae00d319', 'base', 1792539053737, 148, X'015BC33D14FA7E7BA1CB3F877DEBA9E6182F3A18376117E6D5554FB164466D090A4A1E099A93D7FB6F68F7506E5B3B50716F8A5EAA4987C9B4DC99995B379E879C1A76704DA6281261480A4F70BC33326467BC116365E559A95F2E8CA78EF2D95B0AC23FD6A6403687F0E2217949EBBC230B21DEF0180F', X'015BC33D14F8CC0C4DE93FA7A35B724406B6321F9F0B7C26A24FD54088ABFCDED8357E8A34EAF8CCDF6485F2A0EB15963C08B7A76B19D0CB16DD6F6B120730E9853A2E0091DB43AF496CA49EACEC5FAC248A2FB8089C17258DB06DC06A7A1E');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15ba74eb5c68446996d4fc', 'ws_279d7006e3829513b066', 'key_cc46451cd98aae00d319', 'adapter', 1792539053763, 151, X'015BC33D140FCE5E136DDA56E385B9C2888225038C1FD12CAFBA1E1403725FA7AC790F692FBB2472CBB6DD733F1C5493C5D1F2C74B52F0AF9E20E8519F80452EC2FE815D1471B5A4476BEA3EF8A2B9DF8BAA7A70E16D933B08A582B9D6993BD3594DB32DFE1A705830A63BA4251FF4E6B982A7B274648043CC29', X'015BC33D14BBF81C5580C3F3E419BD867C5652F45857F38C9499AF31BC25EDD15F2D1A8AB33D1E09454988AF031A60D8744031B8CFDC283C13F4E6A6F1331227DEEDF2BAC8F1CFC43F19448C1887BBFE5F84E1E26CC5DAEEDBA9AD4F3AC52F');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15ba74edf31299eadb2cbc', 'ws_279d7006e3829513b066', 'key_cc46451cd98aae00d319', 'base', 1792539053815, 122, X'015BC33D140E1D631D81F1DA54DA721F74A6FC84EDFB658DE69BFC793BAFAE372C4E9E9F2D8977E6EED062BC9A2D48372522BFA461874812E044BFAFD42C2B5ADE7F65E5807690A19968B0D7DE8F4AACBB7B49515912868D619DD24E01', X'015BC33D14D258C10FA47822FB941955779BE64FC5B2EB10E3BE90B428BE2F34D628EEAA14440892677B57ECD9B61079FAB01F81D56E2EAA67963664EA7B496BBD52CCB3A9A27E3CE9AE347D73B68341D055B54533F900EEB8914E8ABD3EF8');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15ba74f023c2e686aad1d4', 'ws_279d7006e3829513b066', 'key_cc46451cd98aae00d319', 'base', 1792539053837, 148, X'015BC33D14FC01F3A61E4B932CE7CF3D58D48DE5AF37AB2C144F684C9547257E4F425C1F4A462142BE54612B2D2FB64C775395884DCB1682A28EE23AE745C50CB4DF639FC9E572E810805AFD8AA359F8C9094E2AE98FA03235FA2C602E473D8A5884525835CD30C227662AFAF36DF12E1140FB7142F432', X'015BC33D14151EF12F48810941DF01F043666C8F07DAD3BDC1D4509168781165BF36D64AC1970D19EFFA4781DD5BB42007BAF77E3979F3B81B9B09548BE3C3C30450A4F6B865F217E726CAE5447685E6CE44A553A6BFE52924D7DB8FF96423');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a15ba74f135e71d36b87ea1', 'ws_279d7006e3829513b066', 'key_ace9265cd8d112f0af7c', 'base', 1792539053867, 148, X'015BC33D149053EAA76A83524CE88236CD5143C5EFD7E2F1F4DB7E8A2562817466A589F42B3A2B597467C0EA2769361E47EF30BF918B29505E3ED925A5CADFA2A7EC3DC96412CFF554FD2F158ED0B66A907229529A76BDF228D94C7E0CB071D4A4F9855E7629D6D3C298A130206CCC8D63716C79D8999B', X'015BC33D146B474A9D55C66DC076A867B1DEA048D6A8C37D55EFB30ADCF543CFB900E3187A5218F4387BA89AA98A4972B6F369312A7C3BAB9E67A1C1EAFA31669FAC95FB6CEDE515AD62DD5498153971BE33839D7FBD681AF1FE774771ACF1');
INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer) VALUES ('rcp_1a205992bdb5001c7f02bc63', 'ws_279d7006e3829513b066', 'key_cc46451cd98aae00d319', 'base', 1795390254079, 148, X'015BC33D14DF8A5209FB585B8341735888D05FBC5D55E72AE2FFD605E43BBA0C954DCD57524D29B355CA2C63066A68B926F5B1975B715571B0A788163D67C20CC4A444F64BDB7832581751F0EA5A3DEA8466414682B57D5EA4A2E8ACF17D843D681A3845DA0985F02C130A79B2CAB9125C7030F98A866C', X'015BC33D14CAC988C49D9D30302A05D7FE09BA1A025586393017B7230D29A4FF4DA73D4D450F31ED7629EA39E9139AA48F69E60D5460A89BDB33CB94951795346D68886E879BBEF7A7912DFF6050CF2D96D7395E5E81369A02E96B7E7B2AFB');
INSERT INTO stored_response (id, workspace_id, previous_id, model, created_ms, body) VALUES ('resp_e9d9fb239dfb78d0fb35612a85cc33ef', 'ws_279d7006e3829513b066', '', 'base', 1792539053815, X'015BC33D145363E18FC0F3DFB176E53F15EFD16FEE72DCC928A31A043C1A2C150F0397E46CF87B08F3E6281FCD1D13A7BA994A3CD9AC33DE930881C10B4576E0577ACCECE818995CEFE4F45E4834FC4893D179872D448C6AED272561788FDF27AA970F3B4BE4FD7FD29887ACFE69A0D3F3EB71A6622475C9341F503FBC7AAD3B2172E35FC91EB79677B6C144E1843E93C7243EE535082FBE3933C13B0EB94073C3D98AE9796791581F49D8AA673A3A4FAEC7EB6553890940CDCE5FC95E1A0B5F18D15CD116D721255AA7D3F099F0C0731F649C80E0CF21B0540C628FA01C7AA6232FFCCA5EA5D41C2AB971D4312E1FBB4CE3BA3E0820C8E6AA8ABDFDCA652A72FD9AFF328C6A7BC4EFBA8FA41BB3DCECBB9A4CA3DEA618D0A91CA98EB29C9F51FEA43EF8307522F33196514E58399EEAF60ABA0FC61D470CF8FAE0D278E7B1D45C7F3C4407AECB1688FC4CCA74128DEDD3F1617131D1342F9860ACBA0DF1C87805F1B4C6D55E8A0E12365188D24ACBBDF7778D888ABAC04FED1D3E2C1DEAE0EE6ECFD5C8DAE11DCD78997D62FAFD906FB8658378C51292351B04F688821F7C54AD6A18BC2C0AB14F9452B2469BBF66D52C27DABCC56C4CCAE034BA3B6E0944F4D3B5E381166F6C2657BDE9D14F5D4A0CD716EC10B856F277A50EE6E2A561C5E9A35FC29E8707270AB2953E6D72F0173E9FA72C6908F9B0FF1D7032068C2E7D598F15A4818A8F4E3CD05676B8F1559107EE1F1B667D9AA7445B73E6D48A977DAEDD44AB3FF388D0792DBA98BC4EF1ABFCD441CEF279A4F087FE2489EADF0E7D2CF39ADC32409841C23874CCEFF19C0522D067051103CF2C5A01450DC00E7BF6731BAA9B1E06ABCB48E3ADC24609523B802CE180CDA206E5020DD8FB89246867B6F3EB6E7E54C690F9013635C97F21738692A626090E644F2C038F77C9F08663A47C0D3996CE6D81C4DAA9437E1634A069DBE912EBAB26EC2FA1D4F8B2CCDD6E4FD57A35DCA287922140832D4E8FEECAAFB43D442E485EC9F4AFBEAB182B03F84E8350927A1ABD01E75E64A4A3F9A06973D4C060090D1E1E20B84153B655A403D8A855BCD0EDB6EAE360C29804B2E3BA0ABAF95ACF53F20F1EB8785B51D448AEF66ABE0CD36A0BD153402CEE2236DF322B684A83B89FDD3347A622FAA66532EA0424E3D221BB973A46FA16A1E5AD2492847949AFA0B6903691B0EEAF3F209D59FE613485DEB5B11EFF7EA7EACAF12AFBBFE8EAB60CCC383C85F9A4F9C0E69ECBE1F4CD45ED2BC178007DCCBBE855E5221FCA1084B8434487FEEDB1B017D983A8C4A91A1D1152A6B3188CE78EC3F9CF5C55A393CE1522B68543E63DE6BFEE0CDD0D1BBDDED44B8456A1E17DC25C759214F40D369B67D6CDCBD606DC85D436F080EE026E10649804B0C1B40812A02A8828EAD286390BE3508DFB382E82F9FB078A86D6B7412F8DAF09B0BF894CB49A5A28598545B58804');
INSERT INTO conversation (id, workspace_id, created_ms, touched_ms, metadata) VALUES ('conv_29cfbde433a4f359b7d7c706f1302947', 'ws_279d7006e3829513b066', 1792539053788, 1792539053788, '{}');
INSERT INTO conversation_item (conversation_id, number, id, body) VALUES ('conv_29cfbde433a4f359b7d7c706f1302947', 1, 'msg_b2d99f8a7db8638b45340c79i0', X'015BC33D14B0728DE566AAB09D010845BCD499365F67B35EBF0B27A1709C41D5F9000F29D16E0FF5F0C3C6E9BC19E5FF0E80880731661D11610F30569261ED9A7C2EA049ED3D313D0409CC72C15B89C2218AFA3D16713C4B728AAC0F7F93477DA5D152FD3AA1915D00FFCE22C813D56B833D68E3718E1D70F419E98C85D4EFAA949E333436A8D5C217AFB5272C67AF22C699D57749BC81A4CE5F3E27B7B579D360CA5B9795053105B8FE43552D');
