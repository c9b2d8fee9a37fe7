-- IMPORT FOREIGN SCHEMA: canonical columns or the API's own, and the statement's own clauses.
\getenv url IMAGECAT_TEST_URL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
RESET client_min_messages;
CREATE SCHEMA import;
CREATE SCHEMA "Im""port";
CREATE SERVER import FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url :'url');

-- canonical: type imagecat.image, column for column
IMPORT FOREIGN SCHEMA catalog FROM SERVER import INTO import;
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'import.images'::regclass;
SELECT coalesce(i.attname, t.attname) AS column, format_type(i.atttypid, i.atttypmod) AS type,
	i.attname = t.attname AND i.atttypid = t.atttypid AS same
FROM (SELECT * FROM pg_attribute WHERE attrelid = 'imagecat.image'::regclass AND attnum > 0) AS i
	FULL JOIN (SELECT * FROM pg_attribute WHERE attrelid = 'import.images'::regclass AND attnum > 0) AS t USING (attnum)
ORDER BY attnum;
IMPORT FOREIGN SCHEMA catalog FROM SERVER import INTO import;
DROP FOREIGN TABLE import.images;

-- native
IMPORT FOREIGN SCHEMA native FROM SERVER import INTO import;
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'import.images'::regclass;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = 'import.images'::regclass AND attnum > 0 ORDER BY attnum;
DROP FOREIGN TABLE import.images;

-- LIMIT TO and EXCEPT
IMPORT FOREIGN SCHEMA catalog LIMIT TO (images) FROM SERVER import INTO "Im""port";
IMPORT FOREIGN SCHEMA native LIMIT TO (others) FROM SERVER import INTO import;
IMPORT FOREIGN SCHEMA native EXCEPT (images) FROM SERVER import INTO import;
IMPORT FOREIGN SCHEMA native EXCEPT (others) FROM SERVER import INTO import;
SELECT oid::regclass FROM pg_class WHERE relname = 'images' AND relkind = 'f' ORDER BY oid::regclass::text COLLATE "C";

-- bad input
IMPORT FOREIGN SCHEMA public FROM SERVER import INTO import;
IMPORT FOREIGN SCHEMA "Catalog" FROM SERVER import INTO import;
IMPORT FOREIGN SCHEMA catalog FROM SERVER import INTO import OPTIONS (columns 'native');
IMPORT FOREIGN SCHEMA catalog FROM SERVER import INTO nowhere;
IMPORT FOREIGN SCHEMA catalog FROM SERVER nowhere INTO import;

-- a local relation's own columns, in a schema and with names that need quotes; dropped columns are not there
CREATE TABLE "Im""port"."my ""images""" (gone text, "Id" uuid, "na""me" varchar(20), size numeric(20, 0), made timestamp(0), tags text[]);
ALTER TABLE "Im""port"."my ""images""" DROP COLUMN gone;
CREATE SERVER "Im'port" FOREIGN DATA WRAPPER imagecat OPTIONS (api 'local', relation '"Im""port"."my ""images"""');
DROP FOREIGN TABLE "Im""port".images, import.images;
IMPORT FOREIGN SCHEMA native FROM SERVER "Im'port" INTO import;
\d import.images
INSERT INTO "Im""port"."my ""images""" VALUES ('00000000-0000-4000-8000-000000000001', 'one', 1, '2024-01-01 12:00', '{a}');
SELECT * FROM import.images;
DROP FOREIGN TABLE import.images;
IMPORT FOREIGN SCHEMA catalog FROM SERVER "Im'port" INTO import;
SELECT source, id, name, size, tags FROM import.images;

-- columns of types that the search path hides
CREATE TYPE import.text AS ENUM ('not this');
SET search_path = import, pg_catalog;
IMPORT FOREIGN SCHEMA catalog FROM SERVER import INTO "Im""port";
RESET search_path;
SELECT DISTINCT atttypid::regtype FROM pg_attribute
WHERE attrelid = '"Im""port".images'::regclass AND attname IN ('id', 'name', 'tags') AND attnum > 0 ORDER BY 1;

SET client_min_messages = warning;
DROP SCHEMA import, "Im""port" CASCADE;
DROP SERVER import CASCADE;
DROP SERVER "Im'port" CASCADE;
