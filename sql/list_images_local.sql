-- list_images on local relations: every argument, its operators and its bad values, with the rows that pass; then order, paging, errors.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
RESET client_min_messages;
SET timezone = 'America/New_York';
SET datestyle = 'ISO';
CREATE SCHEMA list_images_local;
SET search_path = list_images_local;
CREATE TABLE pictures OF imagecat.image;
INSERT INTO pictures (id, name, version, status, visibility, owner, type, os, architecture, disk_format, container_format, size, min_disk, min_ram,
	checksum, protected, hidden, tags, created_at, updated_at, properties) VALUES
	('1', 'one', '1', 'active', 'public', 't1', 'base', 'linux', 'x86_64', 'qcow2', 'bare', 100, 1, 512, 'abc', true, false, '{a,b}',
		'2024-01-01 12:00Z', '2024-01-02 12:00Z', '{"k": "v", "n": 5, "yes": true, "image_type": "x"}'),
	('2', 'One two', '2', 'queued', 'private', 't2', 'snapshot', 'windows', 'aarch64', 'raw', 'bare', NULL, 0, 0, NULL, false, true, '{}',
		'2024-02-01 12:00Z', NULL, '{"k": null, "instance_uuid": "i1"}'),
	('3', 'a,b "c" \', '~1', 'deactivated', 'shared', 't1', 'in:x', 'eq:x', '', 'iso', 'docker', 300, 1, 512, 'ABC', false, NULL, '{"a,b"," a",NULL}',
		'2024-02-01 12:00:00.5Z', '2024-03-01 12:00Z', '{"k": "w", "instance_uuid": "i2", "": "empty"}'),
	('4', 'in:one', NULL, 'active', 'community', NULL, NULL, NULL, NULL, NULL, NULL, 9223372036854775807, 2147483647, -1, '', NULL, false, NULL,
		'2024-02-01 12:00Z', '2024-01-02 12:00Z', '{}'),
	('5', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE SERVER list_images_local FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation 'list_images_local.pictures');
CREATE SERVER list_images_glance FOREIGN DATA WRAPPER imagecat
	OPTIONS (api 'local', relation 'list_images_local.pictures', semantics 'glance');
\pset format unaligned
\pset tuples_only on

-- each call's ids, or its error
CREATE FUNCTION list(VARIADIC calls text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	call text;
	ids text;
	detail text;
	hint text;
BEGIN
	FOREACH call IN ARRAY calls LOOP
		BEGIN
			EXECUTE format('SELECT string_agg(id, '' '') FROM (SELECT id FROM imagecat.list_images(''list_images_local'', %s)%s) AS t',
				call, CASE WHEN call ~ '^(sort|max|marker)' THEN '' ELSE ' ORDER BY id' END) INTO ids;
			RETURN NEXT call || ': ' || coalesce(ids, 'none');
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
			RETURN NEXT format('%s: %s %s', call, SQLSTATE, SQLERRM);
			IF detail <> '' THEN
				RETURN NEXT '    DETAIL: ' || detail;
			END IF;
			IF hint <> '' THEN
				RETURN NEXT '    HINT: ' || hint;
			END IF;
		END;
	END LOOP;
END $$;

-- texts
SELECT list($$name => 'one'$$, $$name => 'eq:one'$$, $$name => 'neq:one'$$, $$name => 'in:one,"One two"'$$, $$name => 'in:"a,b \"c\" \\"'$$,
	$$name => 'in:one'$$, $$name => 'eq:in:one'$$, $$name => '~one'$$, $$name => '~ONE'$$, $$name => '~'$$, $$name => '~,b "'$$, $$name => '!one'$$,
	$$name => '!'$$, $$name => 'like:one'$$, $$name => 'EQ:one'$$, $$name => ''$$, $$name => 'eq:'$$, $$name => 'neq:'$$, $$name => NULL$$,
	$$name => 'in:'$$, $$name => 'in:,'$$, $$name => 'in:one,'$$, $$name => 'in:one,one'$$, $$name => 'in:"a'$$, $$name => 'in:"a"b'$$, $$name => 'in:a"b'$$);
SELECT list($$id => '1'$$, $$id => 'in:1,3,x'$$, $$id => 'neq:1'$$, $$id => '~1'$$, $$id => '!1'$$,
	$$version => '1'$$, $$version => '~1'$$, $$version => 'eq:~1'$$, $$version => '!1'$$,
	$$type => 'base'$$, $$type => '~a'$$, $$type => '!base'$$, $$type => 'eq:in:x'$$, $$type => 'in:base,snapshot'$$,
	$$status => 'active'$$, $$status => 'ACTIVE'$$, $$status => 'in:Active,QUEUED'$$, $$status => 'neq:Active'$$, $$status => '!active'$$,
	$$visibility => 'public'$$, $$visibility => 'neq:public'$$, $$visibility => 'all'$$, $$visibility => 'Public'$$, $$public => true$$, $$public => false$$,
	$$owner => 't1'$$, $$os => 'linux'$$, $$os => 'eq:eq:x'$$, $$os => '~lin'$$, $$architecture => 'neq:x86_64'$$, $$architecture => ''$$,
	$$disk_format => 'in:qcow2,raw'$$, $$container_format => 'bare'$$, $$checksum => 'abc'$$, $$checksum => ''$$);
-- what a relation has no column for
SELECT list($$instance => 'i1'$$, $$instance => 'in:i1,i2'$$, $$instance => 'neq:i1'$$, $$member_status => 'accepted'$$, $$member_status => 'neq:accepted'$$,
	$$params => '{"k": "v"}'$$);

-- booleans, numbers, tags
SELECT list($$protected => true$$, $$protected => false$$, $$hidden => true$$, $$hidden => false$$, $$hidden => NULL$$,
	$$size_min => 100$$, $$size_max => 100$$, $$size_min => 101, size_max => 300$$, $$size_min => -1$$, $$size_min => 9223372036854775807$$,
	$$min_disk => 1$$, $$min_disk => 2147483647$$, $$min_ram => -1$$, $$min_ram => 0$$,
	$$tag => '{a}'$$, $$tag => '{a,b}'$$, $$tag => '{"a,b"}'$$, $$tag => '{" a"}'$$, $$tag => '{}'$$, $$tag => '{{a},{b}}'$$, $$tag => '{a,NULL}'$$);

-- times: without a zone they are UTC's, whatever the session's
SELECT list($$created_at => '2024-02-01T12:00:00Z'$$, $$created_at => '2024-02-01 12:00:00'$$, $$created_at => '2024-02-01T07:00:00-05:00'$$,
	$$created_at => '2024-02-01T12:00:00.500Z'$$, $$created_at => 'eq:2024-02-01T12:00:00Z'$$, $$created_at => 'neq:2024-02-01T12:00:00Z'$$,
	$$created_at => 'gt:2024-02-01T12:00:00Z'$$, $$created_at => 'gte:2024-02-01T12:00:00Z'$$, $$created_at => 'lt:2024-02-01T12:00:00Z'$$,
	$$created_at => 'lte:2024-02-01T12:00:00Z'$$, $$created_at => 'lt:2024-02-01'$$, $$created_at => 'gte: 2024-02-01T12:00:00Z'$$,
	$$created_at => 'gt:2024-02-30'$$, $$created_at => 'yesterday'$$, $$created_at => 'now'$$, $$created_at => 'infinity'$$, $$created_at => 'gt:'$$,
	$$created_at => ''$$, $$created_at => 'in:2024-02-01'$$, $$created_at => 'after:2024-02-01'$$, $$created_at => '01/02/2024'$$,
	$$created_at => '2024-02-01T12:00:00 Europe/Berlin'$$,
	$$updated_at => 'gte:2024-03-01'$$, $$changes_since => '2024-03-01 07:00:00'$$, $$changes_since => '2024-03-01 07:00:01'$$,
	$$changes_since => 'infinity'$$, $$changes_since => '-infinity'$$);

-- properties
SELECT list($$properties => '{"k": "v"}'$$, $$properties => '{"k": "v", "n": 5}'$$, $$properties => '{"n": "5"}'$$, $$properties => '{"yes": true}'$$,
	$$properties => '{"": "empty"}'$$, $$properties => '{"none": "x"}'$$, $$properties => '{}'$$, $$properties => '{"owner": "t1"}'$$,
	$$properties => '{"image_type": "x"}'$$, $$properties => '{"k": null}'$$, $$properties => '{"k": ["v"]}'$$, $$properties => '{"k": {}}'$$,
	$$properties => '{"size": 100}'$$, $$properties => '{"tags": "a"}'$$, $$properties => '[]'$$, $$properties => '"k"'$$);

-- order: descending if nothing is said, NULLs as in ORDER BY
SELECT list($$sort => 'id'$$, $$sort => 'id:asc'$$, $$sort => 'ID:asc'$$, $$sort => 'id:ASC'$$, $$sort => ' size : asc , id : desc '$$, $$sort => 'created_at:asc,id'$$,
	$$sort => 'created_at,name:asc'$$, $$sort => 'hidden:asc,protected,id:asc'$$, $$sort => 'id:up'$$, $$sort => 'id:'$$, $$sort => ''$$, $$sort => 'id,'$$,
	$$sort => 'tags'$$, $$sort => 'properties'$$, $$sort => 'nonsense'$$, $$sort => 'id; DROP TABLE pictures'$$, $$sort => 'id:asc:desc'$$);

-- parts of the list
SELECT list($$max_rows => 0$$, $$max_rows => 2, sort => 'id:asc'$$, $$max_rows => 1000000, sort => 'id'$$, $$max_rows => -1$$,
	$$marker => '2', sort => 'id:asc'$$, $$marker => '2', sort => 'id:asc', max_rows => 2$$, $$marker => '2', sort => 'id:asc', max_rows => 0$$,
	$$marker => '5', sort => 'id:asc'$$, $$marker => 'none', sort => 'id:asc'$$, $$marker => '1', sort => 'id:asc', name => 'neq:one'$$,
	$$page_size => 1$$, $$page_size => 0$$);

-- all together
SELECT list($$name => '~o', status => 'active', os => 'linux', tag => '{a}', size_min => 1, created_at => 'lt:2025-01-01', properties => '{"k": "v"}'$$,
	$$name => 'one', status => 'queued'$$, $$nonsense => 'x'$$);

-- with an API's defaults: Glance hides the hidden
SELECT string_agg(id, ' ' ORDER BY id) FROM imagecat.list_images('list_images_glance');
SELECT string_agg(id, ' ' ORDER BY id) FROM imagecat.list_images('list_images_glance', hidden => true);
SELECT string_agg(id, ' ' ORDER BY id) FROM imagecat.list_images('list_images_glance', hidden => false);
SELECT string_agg(id, ' ' ORDER BY id) FROM imagecat.list_images('list_images_glance', instance => 'i2');
SELECT string_agg(id, ' ' ORDER BY id) FROM imagecat.list_images('list_images_glance', visibility => 'all');
SELECT string_agg(id, ' ' ORDER BY id) FROM imagecat.list_images('list_images_glance', properties => '{"image_type": "base"}');
SELECT string_agg(id, ' ') FROM imagecat.list_images('list_images_glance', sort => 'os_type:asc,id:asc');
SELECT string_agg(id, ' ') FROM imagecat.list_images('list_images_glance', marker => '2', sort => 'id:asc');

-- rows as they are, but the source, which a relation without that column has from the server
SELECT * FROM imagecat.list_images('list_images_local', id => 'in:1,3', sort => 'id:asc');
ALTER TABLE pictures NOT OF;
ALTER TABLE pictures DROP COLUMN source, DROP COLUMN checksum;
SELECT source, id, checksum FROM imagecat.list_images('list_images_local', id => '1');
SELECT source, id FROM imagecat.list_images('list_images_local', checksum => 'abc');

-- without a server: the local catalog
BEGIN;
DELETE FROM imagecat.images;
INSERT INTO imagecat.images (id, name, hidden) VALUES ('1', 'one', true), ('2', 'two', false);
SELECT source, id, name FROM imagecat.list_images(sort => 'id:asc');
SELECT source, id, name FROM imagecat.list_images(NULL, 'two');
ROLLBACK;

-- in larger queries
SELECT v.n, l.id FROM (VALUES ('one'), ('none'), (NULL)) AS v (n), LATERAL imagecat.list_images('list_images_local', name => v.n) AS l ORDER BY 1, 2;
SELECT count(*) FROM imagecat.list_images('list_images_local') a JOIN imagecat.list_images('list_images_local') b USING (id);
SELECT (imagecat.list_images('list_images_local', name => 'one')).id;
SELECT i.n, i.id FROM imagecat.list_images('list_images_local', sort => 'id:asc') WITH ORDINALITY AS i (source, id, name, version, status, visibility,
	owner, type, os, os_version, architecture, disk_format, container_format, size, virtual_size, min_disk, min_ram, checksum, protected, hidden,
	tags, created_at, updated_at, properties, n) LIMIT 2;

-- servers that are none of these
CREATE FOREIGN DATA WRAPPER list_images_other;
CREATE SERVER list_images_other FOREIGN DATA WRAPPER list_images_other;
SELECT * FROM imagecat.list_images('list_images_other');
SELECT * FROM imagecat.list_images('nonsense');
SELECT * FROM imagecat.list_images('');
SELECT * FROM imagecat.list_images('LIST_IMAGES_LOCAL');

SET client_min_messages = warning;
DROP SCHEMA list_images_local CASCADE;
DROP SERVER list_images_local, list_images_glance CASCADE;
DROP FOREIGN DATA WRAPPER list_images_other CASCADE;
