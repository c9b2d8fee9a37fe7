-- CREATE EXTENSION makes all objects of the interface, for nobody but its owner until granted; DROP removes them.
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS imagecat CASCADE;
RESET client_min_messages;
CREATE EXTENSION imagecat;

SELECT extrelocatable, extnamespace::regnamespace FROM pg_extension WHERE extname = 'imagecat';
SELECT pg_describe_object(classid, objid, 0) COLLATE "C" AS object
FROM pg_depend WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'imagecat')
	AND classid NOT IN ('pg_type'::regclass)
ORDER BY 1;

-- the type, and the local catalog made of it
\d imagecat.image
\d imagecat.images
SELECT reloftype::regtype FROM pg_class WHERE oid = 'imagecat.images'::regclass;

-- what a backup has to keep
SELECT extconfig::regclass[], extcondition FROM pg_extension WHERE extname = 'imagecat';

-- the arguments of list_images, all of them optional
SELECT ordinality AS n, name, type, n > (SELECT pronargs - pronargdefaults) AS optional
FROM pg_proc, unnest(proargnames, proargtypes::regtype[]) WITH ORDINALITY AS a (name, type, n)
	CROSS JOIN LATERAL (SELECT n) AS o (ordinality)
WHERE oid = 'imagecat.list_images'::regproc
ORDER BY n;
SELECT prorettype::regtype, proretset, provolatile, proparallel, proisstrict
FROM pg_proc WHERE oid = 'imagecat.list_images'::regproc;

-- comments
SELECT obj_description('imagecat.image'::regtype) IS NOT NULL AS type,
	obj_description('imagecat.images'::regclass) IS NOT NULL AS relation,
	obj_description('imagecat.list_images'::regproc) IS NOT NULL AS function,
	obj_description(oid, 'pg_foreign_data_wrapper') IS NOT NULL AS wrapper,
	obj_description((SELECT oid FROM pg_extension WHERE extname = 'imagecat'), 'pg_extension') IS NOT NULL AS extension
FROM pg_foreign_data_wrapper WHERE fdwname = 'imagecat';

-- nothing is PUBLIC's
CREATE ROLE regress_imagecat_user;
SELECT has_schema_privilege('regress_imagecat_user', 'imagecat', 'USAGE') AS schema,
	has_function_privilege('regress_imagecat_user', oid, 'EXECUTE') AS function,
	has_foreign_data_wrapper_privilege('regress_imagecat_user', 'imagecat', 'USAGE') AS wrapper,
	has_table_privilege('regress_imagecat_user', 'imagecat.images', 'SELECT') AS catalog,
	has_function_privilege('regress_imagecat_user', 'imagecat.reset_server_stats(text)', 'EXECUTE') AS reset
FROM pg_proc WHERE oid = 'imagecat.list_images'::regproc;
SET ROLE regress_imagecat_user;
SELECT * FROM imagecat.list_images();
CREATE SERVER theirs FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local');
RESET ROLE;
GRANT USAGE ON SCHEMA imagecat TO regress_imagecat_user;
SET ROLE regress_imagecat_user;
SELECT * FROM imagecat.list_images();
RESET ROLE;
GRANT EXECUTE ON FUNCTION imagecat.list_images TO regress_imagecat_user;
GRANT USAGE ON FOREIGN DATA WRAPPER imagecat TO regress_imagecat_user;
SET ROLE regress_imagecat_user;
SELECT * FROM imagecat.list_images();
CREATE SERVER theirs FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local');
DROP SERVER theirs;
RESET ROLE;
GRANT SELECT ON imagecat.images TO regress_imagecat_user;
SET ROLE regress_imagecat_user;
SELECT count(*) FROM imagecat.list_images();
RESET ROLE;

-- it stays where it is, and leaves nothing but the schema, which PostgreSQL keeps
ALTER EXTENSION imagecat SET SCHEMA public;
CREATE SERVER extension FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local');
DROP EXTENSION imagecat;
DROP SERVER extension;
DROP EXTENSION imagecat;
DROP SCHEMA imagecat;
DROP ROLE regress_imagecat_user;
