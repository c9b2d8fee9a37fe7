-- list_images on Glance: what it lists by default, and that each filter gives what it gives on a local copy, or is an error that says why.
\getenv url IMAGECAT_TEST_URL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
RESET client_min_messages;
SET timezone = 'America/New_York';
SET datestyle = 'ISO';
CREATE SCHEMA list_images_glance;
SET search_path = list_images_glance;
CREATE SERVER list_images FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url :'url');
CREATE USER MAPPING FOR CURRENT_USER SERVER list_images OPTIONS (token 'u-t1:t1:member');
IMPORT FOREIGN SCHEMA catalog FROM SERVER list_images INTO list_images_glance;
\pset format unaligned
\pset tuples_only on

-- by default: nothing hidden, of others only what is public or shared and accepted; a foreign table has it all
CREATE TABLE everything AS SELECT * FROM images;
CREATE TABLE listed AS SELECT * FROM imagecat.list_images('list_images');
SELECT count(*), count(*) FILTER (WHERE hidden), count(*) FILTER (WHERE visibility = 'community' AND owner <> 't1') FROM everything;
SELECT count(*), count(*) FILTER (WHERE hidden), count(*) FILTER (WHERE visibility = 'community' AND owner <> 't1') FROM listed;
SELECT count(*) FROM (TABLE listed EXCEPT TABLE everything) AS t;
SELECT DISTINCT visibility, owner = 't1' AS own FROM (TABLE everything EXCEPT TABLE listed) AS t WHERE NOT hidden ORDER BY 1, 2;
SELECT count(*) FROM imagecat.list_images('list_images', hidden => true);
SELECT count(*) FROM imagecat.list_images('list_images', visibility => 'all');
SELECT count(*) = (SELECT count(*) FROM everything WHERE NOT hidden AND visibility = 'community') FROM imagecat.list_images('list_images', visibility => 'community');
SELECT count(*) FROM imagecat.list_images('list_images', member_status => 'pending');
SELECT count(*) FROM imagecat.list_images('list_images', member_status => 'accepted', visibility => 'shared');
SELECT count(*) = (SELECT count(*) FROM everything WHERE NOT hidden) FROM imagecat.list_images('list_images', member_status => 'all', visibility => 'all');

-- The number of images that a call lists, and whether it lists these on a local copy too, or its error.
CREATE TABLE copy AS TABLE listed UNION ALL SELECT * FROM imagecat.list_images('list_images', hidden => true);
CREATE SERVER list_images_copy FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation 'list_images_glance.copy', semantics 'glance');
CREATE FUNCTION ids(server text, call text, OUT n bigint, OUT ids text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT count(*), string_agg(id, '' '' ORDER BY id) FROM imagecat.list_images(%L, %s)', server, call) INTO n, ids;
END $$;
CREATE FUNCTION list(VARIADIC calls text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	call text;
	here record;
	really record;
	detail text;
	hint text;
BEGIN
	FOREACH call IN ARRAY calls LOOP
		BEGIN
			SELECT * FROM ids('list_images', call) INTO here;
			RETURN NEXT format('%s: %s', call, here.n);
			CONTINUE WHEN call ~ 'params|member_status|visibility';
			SELECT * FROM ids('list_images_copy', call) INTO really;
			IF here IS DISTINCT FROM really THEN
				RETURN NEXT format('    but really %s', really.n);
			END IF;
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
			RETURN NEXT format('%s: %s %s', call, SQLSTATE, SQLERRM);
			IF detail <> '' THEN
				RETURN NEXT '    DETAIL: ' || regexp_replace(detail, ' \[request .*', '');
			END IF;
			IF hint <> '' THEN
				RETURN NEXT '    HINT: ' || hint;
			END IF;
		END;
	END LOOP;
END $$;

-- texts: Glance knows equality and lists, of some of them; the rest is done here
SELECT list($$name => 'plain'$$, $$name => 'eq:plain'$$, $$name => 'neq:plain'$$, $$name => 'in:plain,Plain'$$, $$name => 'in:"a,b","é"'$$,
	$$name => 'in:"a\"b"'$$, $$name => 'eq:in:x'$$, $$name => 'foo:bar'$$, $$name => ''$$, $$name => '~lin'$$, $$name => '!plain'$$, $$name => 'in:"a'$$,
	$$id => '00ec27ee-6a85-490a-b393-4a698bc10fae'$$, $$id => 'in:00ec27ee-6a85-490a-b393-4a698bc10fae,x'$$, $$id => 'nonsense'$$,
	$$status => 'ACTIVE'$$, $$status => 'in:active,QUEUED'$$, $$visibility => 'public'$$, $$visibility => 'neq:public'$$,
	$$visibility => 'nonsense'$$, $$public => true$$, $$public => false$$, $$owner => 't1'$$, $$owner => 'neq:t1'$$, $$os => 'linux'$$,
	$$type => 'snapshot'$$, $$type => '~snap'$$, $$version => 'x'$$, $$architecture => 'neq:x86_64'$$, $$disk_format => 'in:qcow2,raw'$$,
	$$container_format => 'bare'$$, $$checksum => 'x'$$, $$instance => 'x'$$);
-- only the service knows who accepted what
SELECT list($$member_status => 'nonsense'$$, $$member_status => 'neq:accepted'$$, $$member_status => ''$$);
SELECT list($$hidden => false$$, $$protected => true$$, $$protected => false, hidden => true$$, $$size_min => 1000000$$, $$size_max => 0$$,
	$$size_min => 1, size_max => 700000000$$, $$size_min => -5$$, $$size_max => 9223372036854775807$$, $$min_disk => 10$$, $$min_ram => -1$$, $$min_ram => 2147483647$$,
	$$tag => '{x86}'$$, $$tag => '{x86,lts}'$$, $$tag => '{}'$$, $$tag => '{" lead"}'$$, $$tag => '{é}'$$, $$tag => '{NULL}'$$);
SELECT list($$created_at => '2024-02-29T12:00:00Z'$$, $$created_at => '2024-02-29 12:00:00'$$, $$created_at => 'gt:2024-02-29T12:00:00Z'$$,
	$$created_at => 'gte:2024-02-29T14:00:00+02:00'$$, $$created_at => 'lt:2024-02-29 12:00:00'$$, $$created_at => 'lte:2024-02-29T12:00:00.5Z'$$,
	$$created_at => 'neq:2024-02-29T12:00:00Z'$$, $$created_at => '2024-02-29T12:00:00.5Z'$$, $$created_at => 'yesterday'$$,
	$$updated_at => 'gte:2025-01-01', changes_since => '2026-01-01'$$, $$changes_since => '-infinity'$$, $$changes_since => 'infinity'$$);
SELECT list($$properties => '{"os_distro": "ubuntu"}'$$, $$properties => '{"os_distro": "ubuntu", "hw_disk_bus": "virtio"}'$$, $$properties => '{"cores_min": 2}'$$,
	$$properties => '{"yes": true}'$$, $$properties => '{"": "empty key"}'$$, $$properties => '{"os_type": "linux"}'$$, $$properties => '{"name": "plain"}'$$,
	$$properties => '{"os_hash_algo": "sha512"}'$$, $$properties => '{"os_hidden": "true"}'$$, $$properties => '{"a": null}'$$);

-- parameters of the API, as they are; what it refuses, it says
SELECT list($$params => '{"name": "plain"}'$$, $$params => '{"name": "in:plain,Plain"}'$$, $$params => '{"tag": ["x86", "lts"]}'$$, $$params => '{"os_hidden": true}'$$,
	$$params => '{"min_disk": 10}', hidden => true$$, $$name => '~lin', params => '{"status": "queued"}'$$, $$params => '{"created_at": "nonsense:x"}'$$,
	$$params => '{"size_min": "x"}'$$, $$params => '{"limit": 5}'$$, $$params => '{"marker": "x"}'$$, $$params => '{"sort": "name"}'$$,
	$$params => '{"sort_key": "name"}'$$, $$params => '{"a": {"b": 1}}'$$, $$params => '{"a": null}'$$, $$params => '[]'$$);

-- order and parts: the same rows in the same places as of the copy
CREATE FUNCTION place(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	here text;
	really text;
BEGIN
	EXECUTE format('SELECT string_agg(id, '' '') FROM imagecat.list_images(''list_images'', %s)', call) INTO here;
	EXECUTE format('SELECT string_agg(id, '' '') FROM imagecat.list_images(''list_images_copy'', %s)', call) INTO really;
	RETURN format('%s: %s, %s', call, array_length(string_to_array(here, ' '), 1), CASE WHEN here = really THEN 'same' ELSE 'different' END);
END $$;
SELECT place($$sort => 'name:asc,id:asc'$$);
SELECT place($$sort => 'name,id', max_rows => 5$$);
SELECT place($$sort => 'size:asc,id', max_rows => 50, page_size => 20$$);
SELECT place($$sort => 'id:asc', max_rows => 3$$);
SELECT place($$sort => 'id', max_rows => 3, visibility => 'public'$$);
SELECT place($$sort => 'id:asc', marker => '00ec27ee-6a85-490a-b393-4a698bc10fae', max_rows => 2$$);
SELECT place($$sort => 'os_type:asc,created_at,id', max_rows => 20$$);
SELECT place($$sort => 'created_at:asc,id:asc', name => 'neq:plain', max_rows => 10$$);
SELECT count(*), bool_and(later) FROM (SELECT created_at <= lag(created_at) OVER () IS NOT FALSE AS later
	FROM imagecat.list_images('list_images', sort => 'created_at', max_rows => 30)) AS t;
SELECT count(*), bool_and(later) FROM (SELECT updated_at >= lag(updated_at) OVER () IS NOT FALSE AS later
	FROM imagecat.list_images('list_images', sort => 'updated_at:asc', page_size => 20)) AS t;
-- the service's own order, and where it goes on behind a marker
CREATE TABLE ordered AS SELECT row_number() OVER () AS n, id FROM imagecat.list_images('list_images');
SELECT count(*), count(*) FILTER (WHERE o.n = t.n + 100) FROM (SELECT row_number() OVER () AS n, id FROM imagecat.list_images('list_images',
	marker => (SELECT id FROM ordered WHERE n = 100), page_size => 30)) AS t JOIN ordered AS o USING (id);
SELECT array_agg(o.n) FROM imagecat.list_images('list_images', marker => (SELECT id FROM ordered WHERE n = 10), max_rows => 3) JOIN ordered AS o USING (id);
SELECT count(*) FROM imagecat.list_images('list_images', marker => (SELECT id FROM ordered ORDER BY n DESC LIMIT 1));
SELECT list($$max_rows => 0$$, $$max_rows => 1000000$$, $$page_size => 7, name => '~lin'$$, $$page_size => 1000000$$, $$max_rows => -1$$, $$page_size => 0$$,
	$$marker => 'nonsense', sort => 'id'$$, $$sort => 'nonsense'$$);

-- nothing is sent that could be done here, and the images are the same
SET imagecat.enable_pushdown = off;
SELECT list($$name => 'plain'$$, $$hidden => true$$, $$tag => '{x86}', status => 'active'$$, $$created_at => 'gt:2024-02-29', properties => '{"os_distro": "ubuntu"}'$$);
SELECT place($$sort => 'id', max_rows => 3, status => 'active'$$);
RESET imagecat.enable_pushdown;

-- whole rows are those of the foreign table; also joined, begun again and in a loop
SELECT count(*) FROM imagecat.list_images('list_images') AS l JOIN images AS i ON l.id = i.id AND l.* IS DISTINCT FROM i.*;
SELECT v.n, l.name FROM (VALUES ('plain'), ('none of them'), ('é')) AS v (n) LEFT JOIN LATERAL imagecat.list_images('list_images', name => 'eq:' || v.n) AS l ON true ORDER BY 1;
SELECT count(*) FROM generate_series(1, 5) AS n, imagecat.list_images('list_images', max_rows => n);

-- the caller's credentials, and the caller's privileges
CREATE ROLE regress_imagecat_user;
GRANT USAGE ON SCHEMA imagecat TO regress_imagecat_user;
SET ROLE regress_imagecat_user;
SELECT count(*) FROM imagecat.list_images('list_images');
RESET ROLE;
GRANT EXECUTE ON FUNCTION imagecat.list_images TO regress_imagecat_user;
SET ROLE regress_imagecat_user;
SELECT count(*) FROM imagecat.list_images('list_images');
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER list_images TO regress_imagecat_user;
ALTER SERVER list_images OPTIONS (ADD auth 'token');
SET ROLE regress_imagecat_user;
SELECT count(*) FROM imagecat.list_images('list_images');
CREATE USER MAPPING FOR CURRENT_USER SERVER list_images OPTIONS (token 'u-t2:t2:member');
SELECT bool_or(owner = 't2') AS own, bool_or(owner = 't1' AND visibility = 'private') AS others FROM imagecat.list_images('list_images');
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA list_images_glance CASCADE;
DROP SERVER list_images, list_images_copy CASCADE;
REVOKE ALL ON SCHEMA imagecat FROM regress_imagecat_user;
REVOKE ALL ON FUNCTION imagecat.list_images FROM regress_imagecat_user;
DROP ROLE regress_imagecat_user;
