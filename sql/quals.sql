-- A catalogue of WHERE clauses on Glance: what of each is sent, what PostgreSQL checks, and that its rows are those of a local copy.
\getenv url IMAGECAT_TEST_URL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
SET timezone = 'America/New_York';
SET datestyle = 'ISO';
CREATE SCHEMA quals;
CREATE EXTENSION IF NOT EXISTS citext SCHEMA quals;
SET search_path = quals;
CREATE SERVER quals FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url :'url');
CREATE USER MAPPING FOR CURRENT_USER SERVER quals OPTIONS (token 'u-t1:t1:member');
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION german (provider = icu, locale = 'de');
CREATE DOMAIN word AS text;
CREATE FOREIGN TABLE images (
	source text, id text, uid uuid OPTIONS (field 'id'), name text, status text, visibility text, owner text, os text,
	disk_format text, size bigint, min_disk integer, protected boolean, hidden boolean, tags text[],
	created_at timestamptz, updated_at timestamptz, properties jsonb, os_distro text, os_hash_algo text,
	name_c text OPTIONS (field 'name') COLLATE "C", name_german text OPTIONS (field 'name') COLLATE german,
	name_case text OPTIONS (field 'name') COLLATE any_case, name_citext citext OPTIONS (field 'name'),
	name_varchar varchar OPTIONS (field 'name'), name_char char(20) OPTIONS (field 'name'), name_word word OPTIONS (field 'name'),
	tag text OPTIONS (field '/tags/0'), tags_case text[] OPTIONS (field 'tags') COLLATE any_case,
	size_numeric numeric OPTIONS (field 'size'), size_text text OPTIONS (field 'size'), min_disk2 smallint OPTIONS (field 'min_disk'),
	min_disk8 bigint OPTIONS (field 'min_disk'), made timestamp OPTIONS (field 'created_at'), made_date date OPTIONS (field 'created_at'),
	made_text text OPTIONS (field 'created_at')
) SERVER quals;
-- without its WARNING of names that do not fit char(20)
SET client_min_messages = error;
CREATE TABLE copy AS SELECT * FROM images;
SET client_min_messages = warning;

-- For each clause: the Filter, the requests, and if these are not for all images, how many rows there are. One line stands
-- for two requests that differ in os_hidden only; what all requests carry is not shown.
CREATE FUNCTION ids(relation text, clause text, OUT n bigint, OUT ids text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT count(*), string_agg(id, '' '' ORDER BY id) FROM %I WHERE %s', relation, clause) INTO n, ids;
END $$;
CREATE FUNCTION ask(VARIADIC clauses text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	clause text;
	line text;
	requests text[];
BEGIN
	FOREACH clause IN ARRAY clauses LOOP
		requests := '{}';
		RETURN NEXT clause;
		FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT id FROM images WHERE ' || clause LOOP
			IF line ~ 'Filter: ' THEN
				RETURN NEXT '    ' || regexp_replace(line, '^ +', '');
			ELSIF line ~ 'Request: ' THEN
				line := regexp_replace(line, '.*Request: (GET )?(/v2/images\?limit=1000&)?', '');
				line := regexp_replace(line, '&?visibility=all&member_status=all$', '');
				IF replace(line, 'os_hidden=true', 'os_hidden=false') = requests[cardinality(requests)] THEN
					requests[cardinality(requests)] := regexp_replace(line, 'os_hidden=true&?', '');
				ELSE
					requests := requests || line;
				END IF;
			END IF;
		END LOOP;
		FOREACH line IN ARRAY requests LOOP
			RETURN NEXT '    Request: ' || CASE line WHEN '' THEN 'all' ELSE line END;
		END LOOP;
		IF requests <> '{""}' THEN
			RETURN QUERY SELECT format('    %s rows', i.n) || CASE WHEN i.ids IS DISTINCT FROM c.ids THEN format(', but really %s', c.n) ELSE '' END
			FROM ids('images', clause) AS i, ids('copy', clause) AS c;
		END IF;
	END LOOP;
END $$;
\pset format unaligned
\pset tuples_only on

-- text: equality and lists are sent, for all the rest there is no parameter
SELECT ask($$name = 'plain'$$, $$'plain' = name$$, $$name <> 'plain'$$, $$name < 'plain'$$, $$name LIKE 'plain%'$$,
	$$name ~ '^plain$'$$, $$name IS NULL$$, $$name IS NOT NULL$$, $$name IS NOT DISTINCT FROM 'plain'$$,
	$$lower(name) = 'plain'$$, $$name = 'pla' || 'in'$$, $$name = lower('PLAIN')$$, $$name = ''$$, $$name = ' '$$,
	$$name = 'plain '$$, $$name = 'in:x'$$, $$name = 'a&b=c#d/é?+ %'$$, $$name = repeat('語', 3)$$,
	$$length(name) > 250$$, $$NOT name = 'plain'$$, $$NOT name <> 'plain'$$);
SELECT ask($$name LIKE 'plain'$$, $$name LIKE 'pl\ain'$$, $$name LIKE ''$$, $$name LIKE 'plain' || '%'$$, $$strpos(name, 'plain') > 0$$,
	$$starts_with(name, 'plain')$$, $$name ^@ 'plain'$$, $$name IS DISTINCT FROM 'plain'$$,
	$$name IS NOT DISTINCT FROM NULL$$, $$id IS NULL$$, $$id IS NOT NULL$$, $$uid IS NULL$$);
SELECT ask($$name IN ('plain', 'a,b')$$, $$name IN ('plain', 'a"b')$$, $$name NOT IN ('plain')$$,
	$$name IN ('plain', NULL)$$, $$name = ANY (ARRAY['plain', NULL])$$, $$name = ANY (ARRAY[NULL]::text[])$$,
	$$name = ANY ('{}')$$, $$name = ANY (NULL::text[])$$, $$name = ALL (ARRAY['plain'])$$,
	$$name <> ANY (ARRAY['plain'])$$, $$name = ANY ('{{plain,Plain},{x,"a,b"}}')$$,
	$$name = ANY (string_to_array('plain Plain', ' '))$$, $$name IN ('plain') AND name IN ('plain', 'Plain')$$);
-- a column's collation or type has the last word on what is equal
SELECT ask($$name_c = 'plain'$$, $$name_c < 'B'$$, $$name_german = 'plain'$$, $$name_german < 'B'$$,
	$$name_case = 'plain'$$, $$name_case IN ('plain', 'x')$$, $$name_case = 'plain' COLLATE "C"$$,
	$$name = 'plain' COLLATE any_case$$, $$name = 'plain' COLLATE "C"$$, $$name_citext = 'plain'$$,
	$$name_citext IN ('PLAIN', 'x')$$, $$name_citext::text = 'plain'$$, $$name_varchar = 'plain'$$,
	$$name_varchar IN ('plain', 'é')$$, $$name_char = 'plain'$$, $$name_word = 'plain'$$,
	$$name = 'plain'::varchar(3)$$, $$name = 'plain'::char(20)$$, $$name = 'plain'::name$$, $$name = 'plain'::citext$$,
	$$name = 'plain'::word$$);

-- ids: one of them is an image's own address
SELECT ask($$id = '00ec27ee-6a85-490a-b393-4a698bc10fae'$$, $$id = '00EC27EE-6a85-490a-b393-4a698bc10fae'$$,
	$$uid = '00EC27EE-6a85-490a-b393-4a698bc10fae'$$, $$uid::text = '00ec27ee-6a85-490a-b393-4a698bc10fae'$$,
	$$id IN ('00ec27ee-6a85-490a-b393-4a698bc10fae', 'x')$$,
	$$uid IN ('00ec27ee-6a85-490a-b393-4a698bc10fae', '01505b5a-dc5e-41c8-8a1e-18f5125a5a70')$$, $$id = 'x'$$,
	$$id = '../v2'$$, $$id > 'f'$$, $$id = '00ec27ee-6a85-490a-b393-4a698bc10fae' AND name = 'ae'$$,
	$$id = '00ec27ee-6a85-490a-b393-4a698bc10fae' AND hidden$$);

-- the words of status, visibility and owner
SELECT ask($$status = 'active'$$, $$status = 'ACTIVE'$$, $$status IN ('queued', 'deactivated')$$,
	$$visibility = 'community'$$, $$visibility = 'all'$$, $$visibility IN ('public', 'private')$$, $$owner = 't1'$$,
	$$owner = ''$$, $$owner IN ('t1', 't2')$$, $$disk_format = 'qcow2'$$, $$os = 'linux'$$, $$os_distro = 'ubuntu'$$,
	$$os_distro <> 'ubuntu'$$, $$os_distro IN ('ubuntu', 'debian')$$, $$os_hash_algo = 'sha512'$$, $$tag = 'x86'$$);

-- numbers
SELECT ask($$size = 1$$, $$size >= 5$$, $$size > 5$$, $$size <= 5$$, $$size < 5$$, $$5 > size$$,
	$$size BETWEEN 1 AND 4294967296$$, $$size <> 0$$, $$size > 9223372036854775806$$, $$size > 9223372036854775807$$,
	$$size < -9223372036854775808$$, $$size < 0$$, $$size > -5$$, $$size > 5 AND size > 1000 AND size < 700000000$$,
	$$size IN (0, 1, 4294967296)$$, $$size > 5.5$$, $$size = 1::numeric$$, $$size = 1::float8$$, $$size - 1 = 0$$,
	$$size IS NULL$$, $$size_numeric = 1$$, $$size_text = '1'$$, $$min_disk = 10$$, $$min_disk = 10::bigint$$,
	$$min_disk = 3000000000$$, $$min_disk = -1$$, $$min_disk > 5$$, $$min_disk IN (5, 10)$$,
	$$min_disk2 = 10::smallint$$, $$min_disk8 = 10$$);

-- booleans
SELECT ask($$protected$$, $$NOT protected$$, $$protected = true$$, $$protected <> true$$, $$protected IS TRUE$$,
	$$protected IS NOT TRUE$$, $$protected IS FALSE$$, $$protected IS NOT FALSE$$, $$protected IS UNKNOWN$$,
	$$protected = hidden$$, $$protected = (1 = 1)$$, $$hidden$$, $$NOT hidden$$, $$hidden AND NOT hidden$$,
	$$hidden IS TRUE$$, $$hidden = ANY ('{t,NULL}')$$, $$hidden <> false$$, $$hidden > false$$, $$hidden <= false$$,
	$$hidden IS NOT NULL$$);

-- tags
SELECT ask($$tags @> '{x86}'$$, $$tags @> '{x86,lts}'$$, $$tags @> '{}'$$, $$tags @> '{x86,NULL}'$$, $$'{x86}' <@ tags$$,
	$$tags <@ '{x86,lts}'$$, $$tags && '{x86}'$$, $$'x86' = ANY (tags)$$, $$'x86'::varchar = ANY (tags)$$,
	$$NULL = ANY (tags)$$, $$'x86' <> ANY (tags)$$, $$'x86' = ALL (tags)$$, $$tags = '{}'$$, $$tags @> '{" lead"}'$$,
	$$tags @> '{""}'$$, $$tags @> '{"Comma,Tag"}'$$, $$tags @> '{é}'$$, $$tags @> '{{x86,lts}}'$$,
	$$tags_case @> '{x86}'$$, $$'x86' = ANY (tags_case)$$, $$tags[1] = 'x86'$$);

-- times: bounds in whole seconds of UTC, whatever the session's time zone
SELECT ask($$created_at >= '2024-02-29 12:00:00Z'$$, $$created_at >= '2024-02-29 12:00:00.5Z'$$,
	$$created_at > '2024-02-29 12:00:00Z'$$, $$created_at < '2024-02-29 12:00:00Z'$$,
	$$created_at < '2024-02-29 12:00:00.5Z'$$, $$created_at <= '2024-02-29 12:00:00Z'$$,
	$$created_at = '2024-02-29 12:00:00Z'$$, $$created_at = '2024-02-29 12:00:00.5Z'$$,
	$$created_at <> '2024-02-29 12:00:00Z'$$, $$created_at IN ('2024-02-29 12:00:00Z', '2024-01-01 00:00Z')$$,
	$$created_at BETWEEN '2024-01-01' AND '2024-03-01'$$, $$created_at >= '2024-02-29'::date$$,
	$$created_at >= '2024-02-29 07:00'::timestamp$$, $$created_at = updated_at$$, $$created_at > 'infinity'$$,
	$$created_at < 'infinity'$$, $$created_at > '-infinity'$$, $$created_at > '1000-01-01'$$,
	$$created_at > '20000-01-01'$$, $$created_at < '0044-03-15 BC'$$, $$created_at >= '294276-12-31'::date$$,
	$$created_at < '5874897-12-31'::date$$, $$date_trunc('day', created_at) = '2024-02-29'$$,
	$$created_at::date = '2024-02-29'$$, $$extract(year FROM created_at) = 2024$$,
	$$created_at > '2024-01-01'::text::timestamptz$$, $$created_at > clock_timestamp() - interval '100 years'$$,
	$$made >= '2024-02-29 12:00'$$, $$made = '2024-02-29 12:00'$$, $$made < '2024-02-29'::date$$,
	$$made > '2024-02-29 12:00Z'::timestamptz$$, $$made > '-infinity'$$, $$made_date >= '2024-02-29'$$,
	$$made_text = '2024-02-29T12:00:00Z'$$, $$made_text > '2024'$$);
SET timezone = 'Asia/Kathmandu';
SELECT ask($$created_at >= '2024-02-29 17:45:00'$$, $$created_at >= '2024-02-29'::date$$, $$made >= '2024-02-29 12:00'$$);
-- a stable expression is worked out when the query starts
SELECT regexp_replace(ask($$created_at > now() - interval '100 years'$$, $$updated_at <= current_date + interval '900 years'$$), '(gte|lt):\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', '\1:TIME');
SET timezone = 'America/New_York';

-- custom properties
SELECT ask($$properties ->> 'os_distro' = 'ubuntu'$$, $$properties ->> 'os_distro' IN ('ubuntu', 'debian')$$,
	$$properties ->> 'os_distro' <> 'ubuntu'$$, $$properties -> 'os_distro' = '"ubuntu"'$$,
	$$properties #>> '{os_distro}' = 'ubuntu'$$, $$properties['os_distro'] = '"ubuntu"'$$, $$properties ? 'os_distro'$$,
	$$properties @> '{"os_distro": "ubuntu"}'$$, $$'{"os_distro": "ubuntu"}' <@ properties$$,
	$$properties @> '{"os_distro": "ubuntu", "hw_disk_bus": "virtio"}'$$, $$properties @> '{"cores_min": "2"}'$$,
	$$properties @> '{"kernel_id": null}'$$, $$properties @> '{"os_distro": ["ubuntu"]}'$$, $$properties @> '{}'$$,
	$$properties @> '[]'$$, $$properties @> NULL$$, $$properties ->> 'os_type' = 'linux'$$,
	$$properties @> '{"os_type": "linux"}'$$, $$properties ->> 'os_hash_algo' = 'sha512'$$,
	$$properties ->> 'name' = 'plain'$$, $$properties ->> 'is_public' = '7'$$, $$properties ->> 'weird:key' = 'v'$$,
	$$properties ->> 'A B' = 'x'$$, $$properties ->> '' = 'empty key'$$, $$properties ->> 'empty_prop' = ''$$,
	$$properties ->> lower('OS_DISTRO') = 'ubuntu'$$, $$properties ->> os = 'x'$$);

-- the table's own name
SELECT ask($$source IS NOT NULL$$, $$source = 'quals'$$, $$source <> 'quals'$$, $$source IN ('quals', 'x')$$,
	$$source IN ('x', 'y')$$, $$source > 'a'$$);

-- clauses together: AND alone; what cannot be true is not asked
SELECT ask($$name = 'plain' AND NOT hidden AND size >= 0 AND status LIKE 'a%'$$, $$name = 'plain' OR name = 'é'$$,
	$$name = 'plain' OR hidden$$, $$NOT (name = 'plain' OR hidden)$$, $$(name, status) = ('plain', 'active')$$,
	$$(name, status) > ('plain', 'active')$$, $$CASE WHEN hidden THEN true ELSE false END$$,
	$$coalesce(name, 'x') = 'x'$$, $$name = 'plain' AND name = 'plain'$$, $$id = 'x' AND id = 'y'$$,
	$$status = 'active' AND status = 'queued'$$, $$name = NULL$$, $$created_at > NULL$$, $$false$$, $$NULL$$,
	$$random() >= 0 AND name = 'plain'$$, $$name = (SELECT 'plain')$$,
	$$name = (SELECT max(name_c) FROM copy WHERE name_c < 'q')$$, $$EXISTS (SELECT) AND name = 'plain'$$);

-- one of several: one request for a list, one for each branch otherwise, if each brings little
SELECT ask($$name = 'plain' OR name = 'é' OR name IN ('x', 'y')$$, $$name = 'plain' OR os_distro = 'ubuntu'$$,
	$$name = 'plain' OR id = '00ec27ee-6a85-490a-b393-4a698bc10fae'$$,
	$$id = '00ec27ee-6a85-490a-b393-4a698bc10fae' OR id = '01505b5a-dc5e-41c8-8a1e-18f5125a5a70'$$,
	$$(name = 'plain' AND hidden) OR (size = 1 AND NOT hidden AND length(name) > 1)$$,
	$$status = 'active' AND (name = 'plain' OR tags @> '{x86,lts}')$$, $$name = 'plain' OR status = 'active'$$,
	$$name = 'plain' OR length(name) = 1$$, $$name = 'plain' OR name <> 'plain'$$, $$name = 'plain' OR size > 5$$,
	$$hidden OR NOT hidden$$, $$hidden IS NULL OR NOT hidden$$, $$name = 'plain' OR name = NULL$$,
	$$name = 'plain' OR (size > 5 AND size < 5)$$, $$(name, size) IN (('plain', 1), ('x', 2))$$,
	$$name_case = 'plain' OR size = 1$$, $$name = (SELECT 'plain') OR name = 'x'$$);
-- what one column cannot be at once
SELECT ask($$size > 5 AND size < 6$$, $$size > 5 AND size < 7$$, $$name IN ('a', 'plain') AND name IN ('plain', 'x')$$,
	$$name IN ('a', 'plain') AND name <> 'plain' AND name <> 'a'$$, $$created_at > '2024-01-02' AND created_at < '2024-01-01'$$,
	$$made > '2024-01-02' AND created_at < '2024-01-01'$$);

-- nothing is sent, and the rows are the same
SET imagecat.enable_pushdown = off;
SELECT ask($$name = 'plain'$$, $$id = '00ec27ee-6a85-490a-b393-4a698bc10fae'$$, $$NOT hidden AND tags @> '{x86}'$$);
RESET imagecat.enable_pushdown;

DROP SCHEMA quals CASCADE;
DROP SERVER quals CASCADE;
