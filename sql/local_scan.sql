-- Scans of local relations as parts of larger queries: rows wanted, cursors, savepoints, rescans, snapshots.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
RESET client_min_messages;
CREATE SCHEMA local_scan;
SET search_path = local_scan;
CREATE TABLE pictures (id text, name text);
INSERT INTO pictures SELECT n, 'name' || n % 2 FROM generate_series(1, 600) AS n;
CREATE TABLE others (id text, name text);
INSERT INTO others SELECT n, 'name' || n % 3 FROM generate_series(1, 6) AS n;
CREATE SERVER local_scan FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation 'local_scan.pictures');
CREATE SERVER local_scan2 FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation 'local_scan.others');
CREATE FOREIGN TABLE images (id text, name text) SERVER local_scan;
CREATE FOREIGN TABLE images2 (id text, name text) SERVER local_scan2;

-- as many rows as are wanted
EXPLAIN (COSTS OFF) SELECT id FROM images WHERE name = 'name1' LIMIT 3 OFFSET 2;
SELECT count(*) FROM (SELECT id FROM images LIMIT 0) AS t;
SELECT count(*) FROM (SELECT id FROM images LIMIT NULL) AS t;
SELECT count(*) FROM (SELECT id FROM images LIMIT 9223372036854775807 OFFSET 598) AS t;
SELECT count(*) FROM (SELECT id FROM images LIMIT 5 OFFSET 598) AS t;
SELECT count(*) FROM (SELECT id FROM images WHERE name LIKE '%1' LIMIT 3) AS t;
SELECT count(*) FROM (SELECT id FROM images ORDER BY id LIMIT 3) AS t;
SELECT count(*) FROM (SELECT DISTINCT name FROM images LIMIT 2) AS t;
SELECT count(*) FROM (SELECT id, generate_series(1, 0) FROM images LIMIT 1) AS t;
-- ties of the last row
SELECT count(*) FROM (SELECT id FROM images WHERE name = 'name1' ORDER BY name FETCH FIRST 2 ROWS WITH TIES) AS t;
-- a limit that the plan was made with, but that is another now
SET local_scan.rows = 1;
PREPARE rows_set AS SELECT count(*) FROM (SELECT id FROM images LIMIT current_setting('local_scan.rows')::integer) AS t;
EXECUTE rows_set;
SET local_scan.rows = 4;
EXECUTE rows_set;
PREPARE first(integer) AS SELECT count(*) FROM (SELECT id FROM images LIMIT $1) AS t;
SET plan_cache_mode = force_generic_plan;
EXECUTE first(1);
EXECUTE first(4);
EXECUTE first(NULL);
RESET plan_cache_mode;

-- parameters: none yet, NULL, another each time
PREPARE named(text) AS SELECT count(*) FROM images WHERE name = $1;
EXECUTE named('name1');
EXECUTE named('name0');
EXECUTE named(NULL);
SET plan_cache_mode = force_generic_plan;
EXECUTE named('name1');
EXECUTE named('none');
EXECUTE named(NULL);
EXECUTE named('name0');
RESET plan_cache_mode;

-- rescans, sub-plans, two scans at once
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT count(*) FROM images a JOIN images2 b USING (id);
SELECT o.id, (SELECT count(*) FROM images i WHERE i.name = o.name) FROM images2 o ORDER BY o.id;
SELECT o.id, t.id FROM images2 o, LATERAL (SELECT i.id FROM images i WHERE i.name = o.name ORDER BY i.id::integer DESC LIMIT 1) AS t ORDER BY o.id;
SELECT count(*) FROM images2 o WHERE EXISTS (SELECT FROM images i WHERE i.name = o.name);
SELECT count(*) FROM images2 o WHERE NOT EXISTS (SELECT FROM images i WHERE i.name = o.name);
SELECT id FROM images WHERE id = (SELECT max(id) FROM images2);
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
CREATE FUNCTION images_named(text) RETURNS bigint STABLE LANGUAGE sql AS 'SELECT count(*) FROM local_scan.images WHERE name = $1';
SELECT id, images_named(name) FROM images2 ORDER BY id;
SELECT count(*) FROM (SELECT id FROM images UNION ALL SELECT id FROM images2) AS t;

-- cursors: backwards, in and out of savepoints, beyond the transaction
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM images;
FETCH 2 FROM c;
FETCH BACKWARD 2 FROM c;
MOVE 400 IN c;
FETCH 1 FROM c;
FETCH LAST FROM c;
FETCH FIRST FROM c;
CLOSE c;
DECLARE c CURSOR FOR SELECT id FROM images;
SAVEPOINT a;
FETCH 1 FROM c;
ROLLBACK TO a;
FETCH 1 FROM c;
SAVEPOINT b;
MOVE 300 IN c;
SELECT 1 / 0;
ROLLBACK TO b;
FETCH 1 FROM c;
DECLARE held CURSOR WITH HOLD FOR SELECT id FROM images;
FETCH 1 FROM held;
COMMIT;
FETCH 1 FROM held;
MOVE ALL IN held;
CLOSE held;

-- loops whose bodies fail, read, commit
DO $$
DECLARE
	r record;
	n integer := 0;
BEGIN
	FOR r IN SELECT id FROM local_scan.images LOOP
		BEGIN
			n := n + 1;
			PERFORM count(*) FROM local_scan.images2 a, local_scan.images2 b;
			PERFORM 1 / (n % 2);
		EXCEPTION WHEN division_by_zero THEN
			NULL;
		END;
	END LOOP;
	RAISE NOTICE '% rows', n;
	n := 0;
	FOR r IN SELECT id FROM local_scan.images LOOP
		n := n + 1;
		COMMIT;
	END LOOP;
	RAISE NOTICE '% rows', n;
END $$;

-- a scan sees what its statement sees
BEGIN;
DECLARE c CURSOR FOR SELECT count(*) FROM images;
INSERT INTO pictures SELECT 'new ' || id FROM images;
FETCH c;
SELECT count(*) FROM images;
ROLLBACK;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM images;
FETCH 1 FROM c;
DROP TABLE pictures;
ROLLBACK;

-- a relation that is a foreign table over another
CREATE SERVER local_scan3 FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation 'local_scan.images');
CREATE FOREIGN TABLE images3 (source text, id text, name text) SERVER local_scan3;
EXPLAIN (COSTS OFF) SELECT * FROM images3 WHERE name = 'name1';
SELECT count(*), min(source) FROM images3 WHERE name = 'name1';
SELECT count(*) FROM imagecat.list_images('local_scan3', name => 'name1');

-- writing, sampling, and settings that change how plans run
INSERT INTO images VALUES ('x', 'x');
UPDATE images SET name = 'x';
DELETE FROM images;
SET force_parallel_mode = on;
SELECT count(*) FROM images;
SELECT count(*) FROM imagecat.list_images('local_scan');
RESET force_parallel_mode;
SET default_transaction_isolation = serializable;
SET default_transaction_read_only = on;
SELECT count(*) FROM images;
RESET default_transaction_read_only;
RESET default_transaction_isolation;
SET imagecat.enable_pushdown = off;
EXPLAIN (COSTS OFF) SELECT id FROM images WHERE name = 'name1' LIMIT 3;
SELECT count(*) FROM images WHERE name = 'name1';
RESET imagecat.enable_pushdown;

SET client_min_messages = warning;
DROP SCHEMA local_scan CASCADE;
DROP SERVER local_scan, local_scan2, local_scan3;
