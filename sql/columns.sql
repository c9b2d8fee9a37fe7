-- Hand-written tables: what a column shows by its name, its option field, its type and its table's option columns.
\getenv url IMAGECAT_TEST_URL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
RESET client_min_messages;
SET timezone = 'UTC';
SET datestyle = 'ISO';
CREATE SCHEMA columns;
SET search_path = columns;
CREATE SERVER columns FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url :'url');
CREATE USER MAPPING FOR CURRENT_USER SERVER columns OPTIONS (token 'u-t1:t1:member');

-- the same image all along
\set id '''00ec27ee-6a85-490a-b393-4a698bc10fae'''

-- one member in many types
CREATE DOMAIN short_name AS text CHECK (length(VALUE) <= 5);
CREATE TYPE visible AS ENUM ('public', 'private', 'shared');
CREATE FOREIGN TABLE types (
	id uuid, name varchar(3), name1 char(4) OPTIONS (field 'name'), name2 short_name OPTIONS (field 'name'),
	visibility visible, size numeric(12, 2), size4 integer OPTIONS (field 'size'), size8 float8 OPTIONS (field 'size'),
	size_text text OPTIONS (field 'size'), size_json jsonb OPTIONS (field 'size'),
	min_ram smallint, min_disk int4range, created_at timestamptz(0), made date OPTIONS (field 'created_at'),
	made_at timestamp OPTIONS (field 'created_at'), made_text text OPTIONS (field 'created_at'),
	tags varchar(10)[], tags_text text OPTIONS (field 'tags'), tags_json json OPTIONS (field 'tags'),
	tags_jsonb jsonb OPTIONS (field 'tags'), protected text, hidden text, checksum bytea, address inet OPTIONS (field 'name')
) SERVER columns;
\x on
SELECT * FROM types WHERE id = :id;
\x off

-- what fits its column's type not is NULL there; one WARNING tells
SELECT name, name2, visibility, size4 FROM types WHERE id = '01505b5a-dc5e-41c8-8a1e-18f5125a5a70';
SELECT count(*), count(visibility), count(size4) FROM types;

-- the WARNING of a scan that stops early, and of one that is begun twice
SELECT name2 FROM types LIMIT 1;
SELECT v.n, (SELECT count(t.name2) FROM types t WHERE t.min_ram > v.n) FROM (VALUES (-1), (0)) AS v (n);

-- paths into the object
CREATE FOREIGN TABLE pointers (
	id text, tag0 text OPTIONS (field '/tags/0'), tag1 text OPTIONS (field '/tags/1'), tag9 text OPTIONS (field '/tags/9'),
	tag_minus text OPTIONS (field '/tags/-'), tag00 text OPTIONS (field '/tags/00'), whole jsonb OPTIONS (field '/tags'),
	into_text text OPTIONS (field '/name/0'), nowhere text OPTIONS (field '/nowhere/at/all'),
	upper text OPTIONS (field '/Upper'), tilde text OPTIONS (field '/a~0b~1c/~01'), property text OPTIONS (field '/os_distro'),
	is_number bigint OPTIONS (field '/size')
) SERVER columns;
\x on
SELECT * FROM pointers WHERE id = :id;
\x off
SELECT count(*) FROM pointers WHERE tag0 = 'x86';
SELECT count(*) FROM pointers WHERE whole ->> 0 = 'x86';
SELECT count(DISTINCT upper) FROM pointers;

-- custom properties, by name and by field; names that need quotes
CREATE FOREIGN TABLE custom (
	id text, os_distro text, distro text OPTIONS (field 'os_distro'), "weird:key" text, "A B" text, "é" text, empty_prop text,
	"Name" text, yes boolean, five integer, json jsonb, quote text, "next" integer
) SERVER columns;
SELECT os_distro, distro FROM custom WHERE id = :id;
SELECT DISTINCT "weird:key", "A B", "é", empty_prop, "Name", yes, five, json, quote, "next" FROM custom
WHERE COALESCE("weird:key", "A B", "é", empty_prop, "Name", quote, "next"::text) IS NOT NULL
ORDER BY 1, 2, 3, 4, 5, 6;

-- canonical names are the canonical columns of a canonical table, and the API's own members of a native one
CREATE FOREIGN TABLE canonical (id text, source text, os text, os_type text, hidden boolean, os_hidden text, type text, version text) SERVER columns;
CREATE FOREIGN TABLE native (id text, source text, os text, os_type text, hidden boolean, os_hidden text, type text, version text) SERVER columns
	OPTIONS (columns 'native');
CREATE FOREIGN TABLE said (id text, source text, os text) SERVER columns OPTIONS (columns 'canonical');
SELECT * FROM canonical WHERE id = :id;
SELECT * FROM native WHERE id = :id;
SELECT * FROM said WHERE id = :id;

-- the column source in other types than text
SET client_min_messages = error;
CREATE DOMAIN not_columns AS text CHECK (VALUE <> 'columns');
CREATE FOREIGN TABLE source_name (id text, source name) SERVER columns;
SELECT source FROM source_name WHERE id = :id;
CREATE FOREIGN TABLE source_varchar (id text, source varchar(20)) SERVER columns;
SELECT source FROM source_varchar WHERE id = :id;
CREATE FOREIGN TABLE source_short (id text, source varchar(3)) SERVER columns;
SELECT source FROM source_short WHERE id = :id;
CREATE FOREIGN TABLE source_integer (id text, source integer) SERVER columns;
SELECT source FROM source_integer WHERE id = :id;
CREATE FOREIGN TABLE source_domain (id text, source not_columns) SERVER columns;
SELECT source FROM source_domain WHERE id = :id;
RESET client_min_messages;

-- properties: every member that no column shows, whichever columns this table has; document: all of them
CREATE FOREIGN TABLE few (id text, properties jsonb, document jsonb) SERVER columns;
CREATE FOREIGN TABLE few_native (id text, properties jsonb, document jsonb) SERVER columns OPTIONS (columns 'native');
CREATE FOREIGN TABLE more (id text, os_distro text, properties jsonb) SERVER columns;
SELECT jsonb_object_keys(properties) FROM few WHERE id = :id ORDER BY 1;
SELECT jsonb_object_keys(properties) FROM few_native WHERE id = :id ORDER BY 1;
SELECT jsonb_object_keys(document) FROM few WHERE id = :id ORDER BY 1;
SELECT properties ->> 'os_distro' AS property, os_distro FROM more WHERE id = :id;
SELECT count(*) FROM few f JOIN few_native n USING (id) WHERE f.document <> n.document OR NOT f.document @> f.properties;
SELECT count(*) FROM few WHERE properties ->> '' = 'empty key';
SELECT count(*) FROM few WHERE properties @> '{"": "empty key"}';
-- a value that fits its column not is no shown one
SET client_min_messages = error;
CREATE FOREIGN TABLE misfits (id text, name varchar(1), properties json, document text) SERVER columns;
SELECT name, properties ->> 'name' AS property, (document::jsonb) ->> 'name' AS document FROM misfits WHERE id = :id;
RESET client_min_messages;

-- dropped, added, renamed columns; a renamed table
CREATE FOREIGN TABLE changing (gone text, id text, name text, hidden boolean) SERVER columns;
ALTER FOREIGN TABLE changing DROP COLUMN gone;
SELECT * FROM changing WHERE id = :id;
ALTER FOREIGN TABLE changing DROP COLUMN name, ADD COLUMN status text, ADD COLUMN title text OPTIONS (field 'name');
SELECT * FROM changing WHERE id = :id;
ALTER FOREIGN TABLE changing RENAME COLUMN status TO visibility;
ALTER FOREIGN TABLE changing RENAME TO changed;
SELECT * FROM changed WHERE id = :id AND visibility = 'private' AND NOT hidden;
ALTER FOREIGN TABLE changed ALTER COLUMN title OPTIONS (SET field 'owner');
SELECT title FROM changed WHERE id = :id;
ALTER FOREIGN TABLE changed ALTER COLUMN title OPTIONS (DROP field);
SELECT title FROM changed WHERE id = :id;
ALTER FOREIGN TABLE changed ALTER COLUMN title TYPE integer;
SELECT title FROM changed WHERE id = :id;

-- whole rows, system columns, no columns at all
SELECT c, c IS NOT NULL AS filled, (c).id, tableoid::regclass FROM changed c WHERE id = :id;
SELECT count(c), count(c.*) FROM changed c WHERE NOT (c IS NULL);
SELECT row_to_json(c) FROM changed c WHERE id = :id;
SELECT xmin FROM changed;
CREATE FOREIGN TABLE empty () SERVER columns;
SELECT count(*) FROM empty;
SELECT FROM empty LIMIT 2;

-- what is neither a member's name nor a JSON pointer
CREATE FOREIGN TABLE bad (a text OPTIONS (field '')) SERVER columns;
CREATE FOREIGN TABLE bad (a text OPTIONS (field '/')) SERVER columns;
CREATE FOREIGN TABLE bad (a text OPTIONS (field '/a~2b')) SERVER columns;
CREATE FOREIGN TABLE bad (a text OPTIONS (field '/a~')) SERVER columns;

SET client_min_messages = warning;
DROP SCHEMA columns CASCADE;
DROP SERVER columns CASCADE;
