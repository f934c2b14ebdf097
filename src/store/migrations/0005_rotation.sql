-- A key that is rotated stays the same key, with its limits, budgets and receipts: it gets another secret.

ALTER TABLE api_key ADD COLUMN old_hash {{blob}}; -- of the secret before; NULL: none
ALTER TABLE api_key ADD COLUMN old_until_ms BIGINT NOT NULL DEFAULT 0; -- that secret is good until then
