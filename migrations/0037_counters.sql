-- What ended on a day, counted in the transaction that ends it: operations with a sealed document and without one, and
-- documents that were not sealed.
ALTER TABLE usage_day ADD COLUMN executed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_day ADD COLUMN execution_failed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_day ADD COLUMN unsealed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX usage_day_by_day ON usage_day (day, client_service_id);

-- What ended before there was a count. Both databases cut the division of integers off.
INSERT INTO usage_day (client_service_id, credential_id, day, sealed, executed, execution_failed)
SELECT client_service_id, credential_id, finished_ms / 86400000, 0,
       COUNT(CASE WHEN state = 'EXECUTED' THEN 1 END),
       COUNT(CASE WHEN state = 'EXECUTION_FAILED' THEN 1 END)
FROM operation WHERE finished_ms IS NOT NULL AND draft = 0
GROUP BY client_service_id, credential_id, finished_ms / 86400000
ON CONFLICT (client_service_id, credential_id, day)
DO UPDATE SET executed = excluded.executed, execution_failed = excluded.execution_failed;

INSERT INTO usage_day (client_service_id, credential_id, day, sealed, unsealed)
SELECT operation.client_service_id, operation.credential_id, operation.finished_ms / 86400000, 0,
       COUNT(*)
FROM document JOIN operation ON operation.id = document.operation_id
WHERE document.error IS NOT NULL AND operation.finished_ms IS NOT NULL AND operation.draft = 0
GROUP BY operation.client_service_id, operation.credential_id, operation.finished_ms / 86400000
ON CONFLICT (client_service_id, credential_id, day) DO UPDATE SET unsealed = excluded.unsealed;
