-- EXPLAIN shows the requests that a scan starts with, in every format; ANALYZE adds what came of them. It asks nothing of the service.
\getenv url IMAGECAT_TEST_URL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
RESET client_min_messages;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE SCHEMA explain;
SET search_path = explain;
CREATE SERVER explain FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url :'url', page_size '100');
CREATE USER MAPPING FOR CURRENT_USER SERVER explain OPTIONS (token 'u-t1:t1:member');
IMPORT FOREIGN SCHEMA catalog FROM SERVER explain INTO explain;
\pset format unaligned
\pset tuples_only on

-- EXPLAIN of a statement, with numbers that differ from run to run as N
CREATE FUNCTION explain(options text, statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (%s) %s', options, statement) LOOP
		line := regexp_replace(line, '(Bytes.Received"?(:|>) *)[1-9]\d*', '\1N');
		line := regexp_replace(line, '(Wait.Time"?(:|>) *)\d+\.\d+', '\1N');
		RETURN NEXT regexp_replace(line, '(time=|Time"?(:|>) *)\d+\.\d+(\.\.\d+\.\d+)?', '\1N', 'g');
	END LOOP;
END $$;

-- the formats
SELECT explain('COSTS OFF, FORMAT text', $$SELECT id, name FROM images WHERE name = 'plain' AND size > 5$$);
SELECT explain('COSTS OFF, FORMAT json', $$SELECT id, name FROM images WHERE name = 'plain' AND size > 5$$);
SELECT explain('COSTS OFF, FORMAT yaml', $$SELECT id, name FROM images WHERE name = 'plain' AND size > 5$$);
SELECT explain('COSTS OFF, FORMAT xml', $$SELECT id, name FROM images WHERE name = 'plain' AND size > 5$$);
SELECT explain('COSTS OFF, VERBOSE', $$SELECT id, name FROM images i WHERE name = 'plain' AND size > 5$$);

-- characters that the formats quote
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden AND name = '"<&>\'' é'$$);
SELECT explain('COSTS OFF, FORMAT json', $$SELECT id FROM images WHERE NOT hidden AND name = '"<&>\'' é'$$);
SELECT explain('COSTS OFF, FORMAT xml', $$SELECT id FROM images WHERE NOT hidden AND name = '"<&>\'' é'$$);

-- what was done: requests, pages, images
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF', $$SELECT id FROM images WHERE NOT hidden$$);
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF', $$SELECT id FROM images WHERE id = '00ec27ee-6a85-490a-b393-4a698bc10fae'$$);
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF', $$SELECT id FROM images WHERE id = '00ec27ee-6a85-490a-b393-000000000000'$$);
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF', $$SELECT id FROM images WHERE name LIKE 'plain%' AND status = 'active'$$);
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT json', $$SELECT id FROM images WHERE name = 'plain'$$);
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT xml', $$SELECT id FROM images WHERE name = 'plain'$$);
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT yaml', $$SELECT id FROM images WHERE name = 'plain'$$);
-- the time that was waited, where times are shown
SELECT explain('COSTS OFF, ANALYZE, SUMMARY OFF', $$SELECT id FROM images WHERE name = 'plain'$$);
SELECT explain FROM explain('COSTS OFF, ANALYZE, SUMMARY OFF, FORMAT json', $$SELECT id FROM images WHERE name = 'plain'$$) WHERE explain ~ 'Wait';
-- all loops together
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF', $$SELECT (SELECT count(*) FROM images i WHERE i.name = v.n) FROM (VALUES ('plain'), ('Plain'), (NULL)) AS v (n)$$);
-- a scan that never ran
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF', $$SELECT id FROM images LIMIT 0$$);

-- order and limit
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden ORDER BY created_at DESC LIMIT 3 OFFSET 2$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden ORDER BY created_at, name LIMIT 3$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden ORDER BY created_at NULLS FIRST LIMIT 3$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden ORDER BY created_at DESC NULLS LAST LIMIT 3$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden ORDER BY updated_at LIMIT 3$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden ORDER BY updated_at LIMIT 101$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden ORDER BY id COLLATE "C"$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden ORDER BY name LIMIT 3$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden AND name LIKE 'a%' LIMIT 3$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden LIMIT 101$$);
SELECT explain('COSTS OFF', $$SELECT DISTINCT status FROM images WHERE NOT hidden LIMIT 3$$);
SELECT explain('COSTS OFF', $$SELECT max(created_at) FROM images WHERE NOT hidden$$);
SET imagecat.enable_pushdown = off;
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden ORDER BY created_at DESC LIMIT 3$$);
RESET imagecat.enable_pushdown;

-- values that are not known yet
SET plan_cache_mode = force_generic_plan;
PREPARE generic(text, timestamptz, text[], bigint, boolean, jsonb) AS SELECT id FROM images
WHERE NOT hidden AND name = $1 AND created_at >= $2 AND status = ANY ($3) AND size > $4 AND protected = $5 AND properties @> $6;
EXPLAIN (COSTS OFF) EXECUTE generic('plain', '2024-01-01', '{active,queued}', 5, true, '{"os_distro": "ubuntu"}');
EXPLAIN (COSTS OFF) EXECUTE generic(NULL, '2024-01-01', '{active}', 5, true, '{}');
RESET plan_cache_mode;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT explain('COSTS OFF', $$SELECT (SELECT i.id FROM images i WHERE NOT i.hidden AND i.name = v.n AND v.n = ANY (i.tags) AND i.size < v.s LIMIT 1) FROM (VALUES ('plain', 1), ('x', 2)) AS v (n, s)$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE NOT hidden AND id = ANY (ARRAY(SELECT 'x'))$$);
RESET enable_hashjoin;
RESET enable_mergejoin;

-- what no row can satisfy is not asked
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE hidden AND NOT hidden$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE name = ANY ('{}')$$);
SELECT explain('COSTS OFF', $$SELECT id FROM images WHERE source = 'another'$$);
SELECT explain('COSTS OFF, FORMAT json', $$SELECT id FROM images WHERE source = 'another'$$);
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF', $$SELECT id FROM images WHERE source = 'another'$$);

-- more values than one request's address holds
SELECT left(explain, 100) FROM explain('COSTS OFF', format('SELECT id FROM images WHERE NOT hidden AND name IN (%s)',
	(SELECT string_agg(quote_literal(repeat('x', 100) || n), ', ') FROM generate_series(1, 100) AS n)));

-- a path in the server's address; planning needs neither the service nor a user mapping
CREATE SERVER explain_path FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url 'http://nowhere.invalid/image/v2/', auth 'token');
CREATE FOREIGN TABLE nowhere (id text, name text, hidden boolean) SERVER explain_path;
SELECT explain('COSTS OFF', $$SELECT id FROM nowhere WHERE name = 'plain'$$);
SELECT explain('COSTS OFF', $$SELECT id FROM nowhere WHERE id = '00ec27ee-6a85-490a-b393-4a698bc10fae'$$);

-- costs: the estimates come from the server's options
CREATE FUNCTION cheaper(text, text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	one json;
	other json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || $1 INTO one;
	EXECUTE 'EXPLAIN (FORMAT json) ' || $2 INTO other;
	RETURN (one -> 0 -> 'Plan' ->> 'Total Cost')::float8 < (other -> 0 -> 'Plan' ->> 'Total Cost')::float8;
END $$;
SELECT cheaper('SELECT id FROM images WHERE id = ''x''', 'SELECT id FROM images');
SELECT cheaper('SELECT id FROM images WHERE name = ''x''', 'SELECT id FROM images WHERE lower(name) = ''x''');
ALTER SERVER explain_path OPTIONS (ADD estimated_images '54321');
SELECT explain ~ 'rows=54321 ' FROM explain('COSTS ON', 'SELECT id FROM nowhere') LIMIT 1;

-- a local relation
CREATE TABLE pictures (id text, name text);
CREATE SERVER explain_local FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation 'explain.pictures');
CREATE FOREIGN TABLE local (id text, name text) SERVER explain_local;
SELECT explain('COSTS OFF', $$SELECT id FROM local WHERE name = 'plain'$$);
SELECT explain('COSTS OFF, FORMAT json', $$SELECT id FROM local WHERE name = 'plain'$$);
SELECT explain('COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF', $$SELECT id FROM local WHERE name = 'plain'$$);
SELECT explain('COSTS OFF', $$SELECT id FROM local WHERE name = ANY ('{}')$$);
SET plan_cache_mode = force_generic_plan;
PREPARE local(text) AS SELECT id FROM local WHERE name = $1;
EXPLAIN (COSTS OFF) EXECUTE local('plain');
SELECT explain('COSTS OFF', $$SELECT (SELECT l.id FROM local l WHERE l.name = v.n) FROM (VALUES ('plain'), ('x')) AS v (n)$$);

SET client_min_messages = warning;
DROP SCHEMA explain CASCADE;
DROP SERVER explain, explain_path, explain_local CASCADE;
