-- A foreign table of a service in every place where a table can stand: begun again, stopped early, read backwards, never written.
\getenv url IMAGECAT_TEST_URL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
RESET client_min_messages;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE ROLE regress_imagecat_owner;
CREATE ROLE regress_imagecat_reader;
CREATE SCHEMA executor;
GRANT USAGE ON SCHEMA executor TO regress_imagecat_owner, regress_imagecat_reader;
SET search_path = executor;
CREATE SERVER executor FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url :'url');
CREATE SERVER executor2 FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url :'url', page_size '100');
CREATE USER MAPPING FOR CURRENT_USER SERVER executor OPTIONS (token 'u-t1:t1:member');
CREATE USER MAPPING FOR CURRENT_USER SERVER executor2 OPTIONS (token 'u-t2:t2:member');
IMPORT FOREIGN SCHEMA catalog FROM SERVER executor INTO executor;
CREATE FOREIGN TABLE images2 (source text, id text, name text) SERVER executor2;
CREATE TABLE copy AS SELECT * FROM images;
CREATE TABLE copy2 AS SELECT * FROM images2;
CREATE TABLE names (n text);
INSERT INTO names VALUES ('plain'), ('Plain'), (NULL), ('none of them');
ANALYZE names, copy, copy2;

-- begun again: with another value, with none, with NULL
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT n, count(i.id) FROM (VALUES ('plain'), ('none of them')) AS v (n) LEFT JOIN images i ON i.name = n GROUP BY n ORDER BY n;
SELECT n, (SELECT count(*) FROM images i WHERE i.name = n) AS images, (SELECT count(*) FROM copy c WHERE c.name = n) AS copy FROM names ORDER BY n;
SELECT n, t.name, t.status FROM names, LATERAL (SELECT * FROM images i WHERE i.name = n ORDER BY created_at LIMIT 1) AS t ORDER BY n;
SELECT v.n, t.id = (SELECT c.id FROM copy c ORDER BY created_at DESC, id OFFSET v.n LIMIT 1) AS same
FROM (VALUES (0), (3)) AS v (n), LATERAL (SELECT * FROM images ORDER BY created_at DESC, id OFFSET v.n LIMIT 1) AS t;
SELECT n FROM names WHERE EXISTS (SELECT FROM images i WHERE i.name = n) ORDER BY n;
SELECT n FROM names WHERE NOT EXISTS (SELECT FROM images i WHERE i.name = n) ORDER BY n;
SELECT n FROM names WHERE n IN (SELECT name FROM images) ORDER BY n;
SELECT n FROM names WHERE n NOT IN (SELECT name FROM images WHERE name IS NOT NULL) ORDER BY n;
SELECT name FROM images WHERE id = (SELECT max(id) FROM copy);
SELECT count(*) FROM images a JOIN images b USING (id) WHERE a.name = 'plain';
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
SELECT count(*) FROM images JOIN copy USING (id) WHERE images.* IS NOT DISTINCT FROM copy.*;
SELECT count(*) FROM images FULL JOIN copy USING (id) WHERE images.id IS NULL OR copy.id IS NULL;
WITH RECURSIVE r AS (
	SELECT 1 AS level, id FROM images WHERE name = 'plain' UNION ALL
	SELECT level + 1, i.id FROM r JOIN images i USING (id) WHERE level < 3
) SELECT level, count(*) FROM r GROUP BY level ORDER BY level;
WITH w AS MATERIALIZED (SELECT * FROM images WHERE status = 'queued') SELECT count(*) FROM w a, w b;
SELECT status, count(*) FROM images GROUP BY ROLLUP (status) ORDER BY status;
SELECT name, row_number() OVER (PARTITION BY name ORDER BY id) AS n FROM images WHERE name IN ('plain', 'é') ORDER BY name, n;

-- prepared statements past their sixth execution, with NULL
PREPARE named(text, integer) AS SELECT count(*) FROM images WHERE name = $1 AND min_disk >= $2;
EXECUTE named('plain', 0);
EXECUTE named('plain', 0);
EXECUTE named('plain', 1000000);
EXECUTE named('Plain', 0);
EXECUTE named(NULL, 0);
EXECUTE named('é', 0);
EXECUTE named('plain', 0);
EXECUTE named(NULL, NULL);
SET plan_cache_mode = force_generic_plan;
EXECUTE named('plain', 0);
EXECUTE named(NULL, 0);
EXECUTE named('é', 0);
PREPARE listed(text[], bigint) AS SELECT count(*) FROM images WHERE name = ANY ($1) LIMIT $2;
EXECUTE listed('{plain,é}', 1);
EXECUTE listed('{plain,NULL}', NULL);
EXECUTE listed('{}', 1);
EXECUTE listed(NULL, 1);
RESET plan_cache_mode;
-- the plan follows what changes under it
PREPARE sources AS SELECT DISTINCT source FROM images WHERE name = 'plain';
EXECUTE sources;
ALTER SERVER executor RENAME TO executor_renamed;
EXECUTE sources;
ALTER SERVER executor_renamed RENAME TO executor;
EXECUTE sources;

-- limits, with and without an order
SELECT count(*) FROM (SELECT id FROM images LIMIT 0) AS t;
SELECT count(*) FROM (SELECT id FROM images LIMIT 7) AS t;
SELECT count(*) FROM (SELECT id FROM images OFFSET 240) AS t;
SELECT count(*) FROM (SELECT id FROM images LIMIT 9223372036854775807 OFFSET 240) AS t;
SELECT count(*) FROM (SELECT id FROM images2 LIMIT 60 OFFSET 45) AS t;
SELECT count(*) FROM (SELECT id FROM images WHERE name LIKE 'plain%' LIMIT 2) AS t;
SELECT count(*) FROM (SELECT id FROM images WHERE created_at = '2024-02-29 12:00Z' LIMIT 3) AS t;
SELECT count(*) FROM (SELECT id, generate_series(1, 3) FROM images LIMIT 4) AS t;
SELECT id FROM images LIMIT -1;
SELECT count(*), count(*) FILTER (WHERE created_at = '2024-02-29 12:00Z') AS tied FROM (
	SELECT created_at FROM images WHERE created_at >= '2024-02-29 12:00Z' ORDER BY created_at FETCH FIRST 2 ROWS WITH TIES) AS t;
SELECT count(*) FROM (SELECT created_at, row_number() OVER () AS n FROM (SELECT created_at FROM images ORDER BY created_at DESC) AS t) AS a
JOIN (SELECT created_at, row_number() OVER (ORDER BY created_at DESC) AS n FROM copy) AS b USING (n) WHERE a.created_at <> b.created_at;
SELECT count(*) FROM (SELECT id, row_number() OVER () AS n FROM (SELECT id FROM images ORDER BY created_at, name DESC NULLS LAST, id LIMIT 30) AS t) AS a
JOIN (SELECT id, row_number() OVER (ORDER BY created_at, name DESC NULLS LAST, id) AS n FROM copy) AS b USING (n) WHERE a.id <> b.id;
SELECT count(*) FROM (SELECT updated_at, row_number() OVER () AS n FROM (SELECT updated_at FROM images ORDER BY updated_at LIMIT 30) AS t) AS a
JOIN (SELECT updated_at, row_number() OVER (ORDER BY updated_at) AS n FROM copy) AS b USING (n) WHERE a.updated_at <> b.updated_at;

-- two services at once
SELECT source, count(*) FROM (SELECT source, id FROM images UNION ALL SELECT source, id FROM images2) AS t GROUP BY source ORDER BY source;
SELECT count(*) = (SELECT count(*) FROM copy JOIN copy2 USING (id)) AS same FROM images JOIN images2 USING (id);
SELECT count(*) = (SELECT count(*) FROM (SELECT id FROM copy EXCEPT SELECT id FROM copy2) AS t) AS same
FROM (SELECT id FROM images EXCEPT SELECT id FROM images2) AS t;
SELECT a.source, b.source FROM images a, images2 b LIMIT 1;

-- cursors: backwards, held, in savepoints that are rolled back
SELECT count(*) FROM copy2;
\set QUIET off
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT name FROM images WHERE name IN ('plain', 'Plain', 'é') ORDER BY name COLLATE "C";
FETCH 2 FROM c;
FETCH BACKWARD 2 FROM c;
FETCH LAST FROM c;
FETCH ABSOLUTE 2 FROM c;
FETCH RELATIVE 0 FROM c;
FETCH ABSOLUTE 9 FROM c;
CLOSE c;
DECLARE c NO SCROLL CURSOR FOR SELECT id FROM images;
FETCH BACKWARD 1 FROM c;
ROLLBACK;
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM images2;
MOVE 120 IN c;
MOVE BACKWARD ALL IN c;
MOVE ALL IN c;
CLOSE c;
DECLARE c CURSOR FOR SELECT id FROM images2;
SAVEPOINT a;
MOVE 60 IN c;
ROLLBACK TO a;
MOVE 60 IN c;
SAVEPOINT b;
SELECT 1 / 0;
ROLLBACK TO b;
MOVE ALL IN c;
SAVEPOINT d;
DECLARE gone CURSOR FOR SELECT id FROM images2;
MOVE 60 IN gone;
ROLLBACK TO d;
MOVE 1 IN gone;
ROLLBACK TO d;
DECLARE held CURSOR WITH HOLD FOR SELECT id FROM images2;
MOVE 60 IN held;
COMMIT;
MOVE 60 IN held;
MOVE ALL IN held;
CLOSE held;
\set QUIET on

-- loops whose bodies fail, read the same table, commit
DO $$
DECLARE
	r record;
	n integer := 0;
	total integer;
BEGIN
	FOR r IN SELECT id FROM executor.images2 LOOP
		BEGIN
			n := n + 1;
			IF n % 60 = 0 THEN
				PERFORM id FROM executor.images LIMIT 1;
			END IF;
			PERFORM 1 / (n % 2);
		EXCEPTION WHEN division_by_zero THEN
			NULL;
		END;
	END LOOP;
	SELECT count(*) INTO total FROM executor.copy2;
	RAISE NOTICE 'all rows: %', n = total;
	n := 0;
	FOR r IN SELECT id FROM executor.images2 LOOP
		n := n + 1;
		IF n % 50 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
	RAISE NOTICE 'all rows: %', n = total;
	FOR r IN SELECT id FROM executor.images2 LOOP
		EXIT;
	END LOOP;
	BEGIN
		PERFORM 1 / (length(id) - 36) FROM executor.images2;
	EXCEPTION WHEN division_by_zero THEN
		RAISE NOTICE 'caught';
	END;
	PERFORM id FROM executor.images2;
END $$;

-- images are read-only
INSERT INTO images (id) VALUES ('x');
UPDATE images SET name = 'x';
DELETE FROM images;
MERGE INTO images i USING names ON i.name = n WHEN MATCHED THEN DELETE;
TRUNCATE images;
COPY images FROM '/dev/null';
CREATE INDEX ON images (id);
SELECT is_insertable_into FROM information_schema.tables WHERE table_schema = 'executor' AND table_name = 'images';
SELECT DISTINCT is_updatable FROM information_schema.columns WHERE table_schema = 'executor' AND table_name = 'images';
SELECT pg_relation_is_updatable('images', true) AS events;
-- even where there is nothing to write
UPDATE images SET name = 'x' WHERE false;
INSERT INTO images (id) SELECT 'x' WHERE false;
COPY images TO STDOUT;
BEGIN;
LOCK TABLE images;
ROLLBACK;
ALTER TABLE images ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON images USING (true);
ALTER TABLE images ADD PRIMARY KEY (id);
CREATE FOREIGN TABLE keyed (id text UNIQUE) SERVER executor;
-- and not a heap
SELECT count(*) FROM images TABLESAMPLE system (10);
SELECT count(*) FROM (SELECT tableoid::regclass AS t FROM images) AS i WHERE t = 'images'::regclass;
SELECT xmin FROM images LIMIT 1;
SELECT count(*) FROM images WHERE ctid IS NULL;
BEGIN;
SELECT name FROM images WHERE name = 'plain' FOR UPDATE;
SELECT name FROM images WHERE name = 'plain' FOR KEY SHARE SKIP LOCKED;
UPDATE names SET n = n FROM images i WHERE i.name = n AND n = 'plain' RETURNING n, i.status;
SELECT n, i.name FROM names, images i WHERE i.name = n AND n = 'plain' FOR UPDATE OF names;
ROLLBACK;

-- views: the mapping is the owner's, for whoever reads
CREATE VIEW theirs AS SELECT id, name FROM images WHERE name = 'plain';
SELECT count(*) FROM theirs;
GRANT SELECT ON theirs, images TO regress_imagecat_reader;
GRANT SELECT ON images TO regress_imagecat_owner;
SET ROLE regress_imagecat_reader;
SELECT count(*) FROM theirs;
RESET ROLE;
ALTER VIEW theirs OWNER TO regress_imagecat_owner;
ALTER SERVER executor OPTIONS (ADD auth 'token');
SELECT count(*) FROM theirs;
CREATE USER MAPPING FOR regress_imagecat_owner SERVER executor OPTIONS (token 'u-t1:t1:member');
SELECT count(*) FROM theirs;
SET ROLE regress_imagecat_reader;
SELECT count(*) FROM theirs;
SELECT count(*) FROM images WHERE name = 'plain';
RESET ROLE;
ALTER VIEW theirs SET (security_invoker);
SET ROLE regress_imagecat_reader;
SELECT count(*) FROM theirs;
RESET ROLE;

-- as a child of a table, and as a partition
CREATE TABLE parent (id text, name text);
INSERT INTO parent VALUES ('x', 'plain');
CREATE FOREIGN TABLE child (size bigint) INHERITS (parent) SERVER executor;
SELECT tableoid::regclass, count(*) FROM parent WHERE name = 'plain' GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM ONLY parent;
EXPLAIN (COSTS OFF) SELECT * FROM parent WHERE name = 'plain';
CREATE TABLE parts (source text, id text, name text) PARTITION BY LIST (source);
CREATE FOREIGN TABLE part1 PARTITION OF parts FOR VALUES IN ('executor') SERVER executor;
ALTER TABLE parts ATTACH PARTITION images2 FOR VALUES IN ('executor2');
CREATE TABLE part3 PARTITION OF parts DEFAULT;
INSERT INTO parts VALUES ('other', 'x', 'plain');
SELECT source, tableoid::regclass FROM parts WHERE name = 'plain' ORDER BY 1;
EXPLAIN (COSTS OFF) SELECT id FROM parts WHERE name = 'plain' AND source = 'executor';
INSERT INTO parts VALUES ('executor', 'x', 'plain');
COPY parts FROM STDIN;
executor2	x	plain
\.
UPDATE parts SET source = 'executor' WHERE source = 'other';
UPDATE parts SET name = 'x';
UPDATE parts SET name = 'x' WHERE source = 'other' RETURNING *;
DELETE FROM parts WHERE name = 'x' AND source = 'executor';
DELETE FROM parent;
TRUNCATE parts;
ALTER TABLE parts DETACH PARTITION images2;

-- tables of any make: no column, dropped ones, generated ones, defaults and promises that PostgreSQL does not check
CREATE FOREIGN TABLE nothing () SERVER executor;
SELECT count(*) = (SELECT count(*) FROM copy) AS all FROM nothing;
SELECT nothing FROM nothing LIMIT 1;
CREATE FOREIGN TABLE made (a integer, id text, b integer, name text NOT NULL DEFAULT 'none', size bigint CHECK (size > 0),
	twice bigint GENERATED ALWAYS AS (size * 2) STORED) SERVER executor;
ALTER FOREIGN TABLE made DROP COLUMN a, DROP COLUMN b;
ALTER FOREIGN TABLE made ADD COLUMN state text OPTIONS (field 'status');
SELECT made, made.state FROM made WHERE name = 'é';
SELECT count(*) FROM made m JOIN copy c USING (id) WHERE (m.name, m.size, m.state) IS DISTINCT FROM (c.name, c.size, c.status);
SELECT count(*) FILTER (WHERE m IS NULL) AS null, count(*) FILTER (WHERE m.* = m.*) AS equal, count(*) = count(m) AS all FROM made m;
SELECT count(*) = (SELECT count(*) FROM copy WHERE (name, id) > ('plain', '8')) AS same FROM images WHERE (name, id) > ('plain', '8');
SELECT count(*) = (SELECT count(*) FROM copy WHERE (name, status) IN (('plain', 'active'), ('é', 'queued'))) AS same
FROM images WHERE (name, status) IN (('plain', 'active'), ('é', 'queued'));

-- copies
CREATE MATERIALIZED VIEW kept AS SELECT id, name FROM images WHERE name IN ('plain', 'é') WITH NO DATA;
REFRESH MATERIALIZED VIEW kept;
SELECT count(*) FROM kept;
CREATE UNIQUE INDEX ON kept (id);
REFRESH MATERIALIZED VIEW CONCURRENTLY kept;
SELECT count(*) FROM kept;
COPY images TO STDOUT;
COPY (SELECT name, status, tags FROM images WHERE name IN ('plain', 'é') ORDER BY name) TO STDOUT;
INSERT INTO names SELECT name FROM images WHERE name = 'plain' RETURNING n;
SELECT count(*) FROM (TABLE images EXCEPT ALL TABLE copy) AS t;

VACUUM images2;

-- settings that change how plans run
SET force_parallel_mode = on;
SELECT count(*) FROM images;
SELECT count(*) FROM images JOIN copy USING (id);
SELECT count(*) FROM imagecat.list_images('executor', name => 'plain');
RESET force_parallel_mode;
SET enable_hashagg = off;
SELECT count(*) FROM (SELECT DISTINCT status, visibility FROM images EXCEPT SELECT status, visibility FROM copy) AS t;
RESET enable_hashagg;
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY;
SELECT count(*) FROM images WHERE name = 'plain';
PREPARE TRANSACTION 'executor';
ROLLBACK PREPARED 'executor';
SET imagecat.prefetch = off;
SELECT count(*) = (SELECT count(*) FROM copy2) AS same FROM images2;
RESET imagecat.prefetch;

SET client_min_messages = warning;
DROP SCHEMA executor CASCADE;
DROP SERVER executor, executor2 CASCADE;
DROP ROLE regress_imagecat_owner, regress_imagecat_reader;
